/** Apache and nginx. */
import { readWithIncludes } from './includes.ts';
import {
  linesOf,
  literalOf,
  namesIn,
  programOf,
  readEnvironment,
  readIfThere,
  readNeeded,
  readScript,
} from './inquiry.ts';
import { type Found, type Inquiry, NOTHING, type SeenFile, type Sourced } from './model.ts';

const START_PAGE =
  'the monitor asks for the page of mod_status, or else for the start page at the first Listen, and follows where it leads: ' +
  'a start page that sends to another host needs statusurl';
const LAYOUTS = [
  { config: '/etc/apache2/apache2.conf', root: '/etc/apache2', program: '/usr/sbin/apache2' },
  { config: '/etc/httpd/conf/httpd.conf', root: '/etc/httpd', program: '/usr/sbin/httpd' },
];

/**
 * The agent runs the program with `-f` the configuration and `-DSTATUS`, and sources /etc/apache2/envvars as the script of
 * Debian does. `start` waits for its monitor, which reads a page over HTTP with curl or wget.
 */
export async function readApache(inquiry: Inquiry, script: string): Promise<Found> {
  const file = await readScript(inquiry, script);
  const there = [];
  for (const layout of LAYOUTS) if (await inquiry.files.isThere(layout.config)) there.push(layout);
  const [layout, other] = there;
  if (layout === undefined || other !== undefined)
    inquiry.doubts.push(
      `${LAYOUTS.map(({ config }) => config).join(' and ')}: ${other === undefined ? 'neither is' : 'both are'} there`,
    );
  if (file === undefined || layout === undefined) return NOTHING;
  const config = await readNeeded(inquiry, layout.config);
  const set = await readEnvironment(inquiry, file, {
    take: ['OPTIONS', 'HTTPD'],
    harmless: /^(?:HTTPD_LANG|LANG|PIDFILE|STOP_TIMEOUT|HTCACHECLEAN_\w+)$/,
  });
  const envvars = await readIfThere(inquiry, '/etc/apache2/envvars');
  for (const { text, from } of envvars === undefined ? [] : linesOf(envvars))
    if (/\bAPACHE_(?:ARGUMENTS|ULIMIT_MAX_FILES)=/.test(text))
      inquiry.doubts.push(`${from} sets what only apache2ctl knows of, and the agent does not use that`);
  await programOf(inquiry, ['/usr/bin/curl', '/usr/bin/wget'], 'with one of which the agent asks');
  const httpd = set.get('HTTPD') ?? (await programOf(inquiry, [layout.program], 'which the agent starts'));
  const options = set.get('OPTIONS');
  if (options !== undefined && !/^(?:-D ?\w+(?: +|$))*$/.test(options.value))
    inquiry.doubts.push(`${options.from} sets more than -D in OPTIONS`);
  if (config === undefined || httpd === undefined) return NOTHING;
  await doubtRedirects(inquiry, config, layout.root);
  return {
    params: {
      httpd,
      configfile: { value: config.path, from: 'the only one' },
      ...(options === undefined ? {} : { options }),
    },
    care: [START_PAGE],
  };
}

/** All of the configuration is read, as a redirection may be anywhere in it. */
async function doubtRedirects(inquiry: Inquiry, first: SeenFile, builtInRoot: string): Promise<void> {
  let root = builtInRoot;
  const { lines } = await readWithIncludes(inquiry, first, async ({ text }) => {
    const [name = '', value = ''] = text.split(/\s+/);
    const path = value.replaceAll('"', '');
    if (/^ServerRoot$/i.test(name)) root = path;
    if (!/^Include(?:Optional)?$/i.test(name)) return undefined;
    return { paths: await matching(inquiry, path.startsWith('/') ? path : `${root}/${path}`), isNeeded: false };
  });
  const told = lines.flatMap(({ text, from }) => {
    const name = /^(?:Redirect(?:Match|Permanent|Temp)?|RewriteRule)\b/i.exec(text)?.[0];
    return name === undefined ? [] : [`${from} (${name})`];
  });
  if (told.length > 0)
    inquiry.doubts.push(
      `pages are led elsewhere at ${told.join(', ')}: whether the agent's monitor gets an answer is not known (statusurl)`,
    );
}

/** Paths that a pattern with `*` and `?` means. */
async function matching(inquiry: Inquiry, pattern: string): Promise<string[]> {
  let found = [''];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map((path) => `${path}/${part}`);
      continue;
    }
    const source = part
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    const fits = new RegExp(`^${source}$`);
    const next: string[] = [];
    for (const path of found)
      for (const name of await namesIn(inquiry, path))
        if (fits.test(name) && !name.startsWith('.')) next.push(`${path}/${name}`);
    found = next;
  }
  return found;
}

/**
 * The agent runs nginx with `-c` the configuration; its monitor looks for the process of the pid file, which it takes from
 * that file, and reads no page unless it is told to.
 */
export async function readNginx(inquiry: Inquiry, script: string): Promise<Found> {
  const file = await readScript(inquiry, script);
  const httpd = await programOf(inquiry, ['/usr/sbin/nginx'], 'which the agent starts');
  if (file === undefined || httpd === undefined) return NOTHING;
  const set = await readEnvironment(inquiry, file, {
    take: ['NGINX_CONF_FILE', 'CONFFILE'],
    harmless: /^(?:STOP_SCHEDULE|SLEEPSEC|UPGRADEWAITLOOPS|LOCKFILE)$/,
  });
  const named: Sourced | undefined =
    set.get('NGINX_CONF_FILE') ??
    set.get('CONFFILE') ??
    literalOf(file, 'NGINX_CONF_FILE') ??
    literalOf(file, 'CONFFILE');
  const options = literalOf(file, 'DAEMON_OPTS');
  if (options !== undefined) inquiry.doubts.push(`${options.from} sets DAEMON_OPTS itself`);
  const configfile = named ?? {
    value: '/etc/nginx/nginx.conf',
    from: 'neither the script nor its settings say another',
  };
  const config = await readNeeded(inquiry, configfile.value);
  for (const { text, from } of config === undefined ? [] : linesOf(config))
    if (/^daemon\s+off\s*;/.test(text))
      inquiry.doubts.push(`${from}: it stays in the foreground, and the agent would wait for ever`);
  return { params: { httpd, configfile } };
}

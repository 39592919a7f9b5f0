/** Apache and nginx. */
import { type Line, readWithIncludes } from './includes.ts';
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
  if (layout.root === '/etc/apache2') await doubtDebian(inquiry);
  await programOf(inquiry, ['/usr/bin/curl', '/usr/bin/wget'], 'with one of which the agent asks');
  const httpd = set.get('HTTPD') ?? (await programOf(inquiry, [layout.program], 'which the agent starts'));
  const options = set.get('OPTIONS');
  if (options !== undefined && !/^(?:-D ?\w+(?: +|$))*$/.test(options.value))
    inquiry.doubts.push(`${options.from} sets more than -D in OPTIONS`);
  if (config === undefined || httpd === undefined) return NOTHING;
  await doubtPage(inquiry, config, layout.root);
  return {
    params: {
      httpd,
      configfile: { value: config.path, from: 'the only one' },
      ...(options === undefined ? {} : { options }),
    },
    care: [START_PAGE],
  };
}

/** What goes by way of apache2ctl there, and what the agent does to the configuration itself. */
async function doubtDebian(inquiry: Inquiry): Promise<void> {
  const envvars = await readIfThere(inquiry, '/etc/apache2/envvars');
  for (const { text, from } of envvars === undefined ? [] : linesOf(envvars))
    if (/\bAPACHE_(?:ARGUMENTS|ULIMIT_MAX_FILES)=/.test(text))
      inquiry.doubts.push(`${from} sets what only apache2ctl knows of, and the agent does not use that`);
  if (!(await inquiry.files.isThere('/etc/apache2/mods-enabled/status.load')))
    inquiry.doubts.push('mod_status is off, and the agent turns it on at each start (a2enmod)');
}

/** `start` waits for a page. All of the configuration is read, as what keeps it from coming may be anywhere in it. */
async function doubtPage(inquiry: Inquiry, first: SeenFile, builtInRoot: string): Promise<void> {
  const lines = await linesOfApache(inquiry, first, { root: builtInRoot, directive: /^Include(?:Optional)?$/i });
  const told = lines.flatMap(({ text, from }) => {
    const name = /^(?:Redirect(?:Match|Permanent|Temp)?|RewriteRule)\b/i.exec(text)?.[0];
    return name === undefined ? [] : [`${from} (${name})`];
  });
  if (told.length > 0)
    inquiry.doubts.push(
      `pages are led elsewhere at ${told.join(', ')}: whether the agent's monitor gets an answer is not known (statusurl)`,
    );
  const listens = lines.flatMap(({ text }) => /^Listen\s+(\S+)/i.exec(text)?.[1] ?? []);
  const asked = await listenOfAgent({ files: inquiry.files, doubts: [] }, first);
  if (
    asked === undefined &&
    !listens.some((each) => /^(?:(?:\*|0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]):)?80$/.test(each))
  )
    inquiry.doubts.push(
      `the agent finds no Listen in ${first.path}, as it follows no relative Include without a ServerRoot and no IncludeOptional, ` +
        'and asks localhost at port 80, where the server does not listen',
    );
  if (asked !== undefined && (asked.isConditional || asked.value.includes('[')))
    inquiry.doubts.push(`${asked.from}: whether the server listens where the agent asks is not known`);
}

/** Where the agent asks; undefined where it takes port 80. Its reading knows fewer includes than Apache's, and takes the first. */
async function listenOfAgent(
  inquiry: Inquiry,
  first: SeenFile,
): Promise<(Sourced & { isConditional: boolean }) | undefined> {
  const lines = await linesOfApache(inquiry, first, { root: undefined, directive: /^[Ii]nclude$/ });
  let conditions = 0;
  for (const { text, from } of lines) {
    if (/^<If/i.test(text)) conditions++;
    else if (/^<\/If/i.test(text)) conditions--;
    const value = /^Listen\s+(\S+)/i.exec(text)?.[1];
    if (value !== undefined) return { value, from, isConditional: conditions > 0 };
  }
  return undefined;
}

/** @param rules `root` is where relative paths begin until a ServerRoot is set; without one they are not followed */
async function linesOfApache(
  inquiry: Inquiry,
  first: SeenFile,
  { root: builtIn, directive }: { root: string | undefined; directive: RegExp },
): Promise<readonly Line[]> {
  let root = builtIn;
  const { lines } = await readWithIncludes(inquiry, first, async ({ text }) => {
    const [name = '', value = ''] = text.split(/\s+/);
    const path = value.replaceAll('"', '');
    // The agent knows it in this spelling only.
    if (name === 'ServerRoot' || (builtIn !== undefined && /^ServerRoot$/i.test(name))) root = path;
    if (!directive.test(name) || (root === undefined && !path.startsWith('/'))) return undefined;
    return { paths: await matching(inquiry, path.startsWith('/') ? path : `${root}/${path}`), isNeeded: false };
  });
  return lines;
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

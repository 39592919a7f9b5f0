/** rsync, vsftpd and Postfix. */
import { linesOf, literalOf, namesIn, programOf, readEnvironment, readNeeded, readScript } from './inquiry.ts';
import { type Found, type Inquiry, NOTHING, type SeenFile } from './model.ts';

/**
 * The agent runs `rsync --daemon --config FILE`, and finds the process by the pid file that FILE has to name. One that outlives
 * a loss of power keeps it from starting, so it has to be where a boot clears it.
 */
export async function readRsync(inquiry: Inquiry, script: string): Promise<Found> {
  const { doubts } = inquiry;
  const file = await readScript(inquiry, script);
  const binpath = await programOf(inquiry, ['/usr/bin/rsync'], 'which the agent starts');
  if (file === undefined || binpath === undefined) return NOTHING;
  const set = await readEnvironment(inquiry, file, {
    take: ['RSYNC_CONFIG_FILE', 'RSYNC_ENABLE'],
  });
  const enabled = set.get('RSYNC_ENABLE') ?? literalOf(file, 'RSYNC_ENABLE');
  if (enabled !== undefined && enabled.value !== 'true')
    doubts.push(`${enabled.from}: with this the script starts nothing`);
  const conffile = set.get('RSYNC_CONFIG_FILE') ??
    literalOf(file, 'RSYNC_CONFIG_FILE') ?? {
      value: '/etc/rsyncd.conf',
      from: 'neither the script nor its settings say another',
    };
  const config = await readNeeded(inquiry, conffile.value);
  // As the agent looks for it, which is narrower than rsync's own reading.
  const pids = (config?.text ?? '').split('\n').filter((line) => !line.startsWith('#') && line.includes('pid file'));
  if (config !== undefined && pids.length !== 1)
    doubts.push(`${conffile.value} has ${pids.length} lines with "pid file", of which the agent needs one`);
  else if (config !== undefined && !/^\s*pid file\s*=\s*(?:\/var)?\/run\/\S+\s*$/.test(pids[0]!))
    doubts.push(
      `${conffile.value}: its pid file is not in /run: after a loss of power the agent takes it for a failure`,
    );
  return { params: { binpath, conffile } };
}

/** The agent runs `vsftpd FILE`, waits for that to end, and looks for a process of the name it was given for the program. */
export async function readVsftpd(inquiry: Inquiry, script: string): Promise<Found> {
  const { doubts, files } = inquiry;
  const file = await readScript(inquiry, script);
  await programOf(inquiry, ['/usr/sbin/vsftpd'], 'which the agent starts');
  const inFolder = (await namesIn(inquiry, '/etc/vsftpd')).filter((name) => name.endsWith('.conf'));
  const configs = [
    ...((await files.isThere('/etc/vsftpd.conf')) ? ['/etc/vsftpd.conf'] : []),
    ...inFolder.map((name) => `/etc/vsftpd/${name}`),
  ];
  if (configs.length !== 1)
    doubts.push(
      `there are ${configs.length} configurations (/etc/vsftpd.conf, /etc/vsftpd/*.conf), and the agent starts one`,
    );
  const config = configs.length === 1 ? await readNeeded(inquiry, configs[0]!) : undefined;
  if (file === undefined || config === undefined) return NOTHING;
  await readEnvironment(inquiry, file, {});
  const set = new Map(linesOf(config).map(({ text }) => [text.split('=')[0]!, text.split('=')[1] ?? '']));
  const isOn = (name: string): boolean => /^(?:yes|true|1)$/i.test(set.get(name) ?? '');
  if (!isOn('listen') && !isOn('listen_ipv6')) doubts.push(`${config.path} does not set listen=YES`);
  if (!isOn('background'))
    doubts.push(`${config.path} does not set background=YES, without which the agent may wait for ever`);
  if (/^(?:\/var)?\/run\//.test(set.get('secure_chroot_dir') ?? ''))
    doubts.push(`${config.path}: secure_chroot_dir is gone after a boot, and only the script makes it again`);
  return {
    params: {
      // By its path the agent does not find the process that it has started: pgrep compares with names.
      binpath: { value: 'vsftpd', from: 'the name by which the agent finds it again' },
      conffile: { value: config.path, from: 'the only one' },
    },
  };
}

/** The agent runs `postfix start` and `postfix stop`, as the script does; what the script does besides is looked for. */
export async function readPostfix(inquiry: Inquiry, script: string): Promise<Found> {
  const { doubts } = inquiry;
  const file = await readScript(inquiry, script);
  const binary = await programOf(inquiry, ['/usr/sbin/postfix'], 'which the agent starts');
  await programOf(inquiry, ['/usr/sbin/postconf'], 'with which the agent asks');
  const main = await readNeeded(inquiry, '/etc/postfix/main.cf');
  const master = await readNeeded(inquiry, '/etc/postfix/master.cf');
  if (file === undefined || binary === undefined || main === undefined || master === undefined) return NOTHING;
  await readEnvironment(inquiry, file, {});
  for (const { text, from } of linesOf(main))
    if (/^multi_instance_(?:directories|enable|wrapper)\s*=\s*(?!no\s*$)\S/.test(text))
      doubts.push(`${from}: the script starts several instances`);
  doubtChroot(inquiry, master);
  const rebuilds = /newaliases|aliasesdb|postalias/.test(file.text);
  return {
    params: { binary },
    care: rebuilds ? ['aliases are no longer rebuilt at each start: run newaliases when they change'] : [],
  };
}

/** Column five of master.cf(5); what `-` means depends on the version. */
function doubtChroot({ doubts }: Inquiry, master: SeenFile): void {
  const jailed = master.text
    .split('\n')
    .map((line, at) => ({
      words: line.split(/\s+/),
      from: `${master.path}:${at + 1}`,
      isService: /^[^\s#]/.test(line),
    }))
    .find(({ words, isService }) => isService && words[4] !== 'n');
  if (jailed !== undefined)
    doubts.push(
      `${jailed.from}: it runs in a jail, into which the script may copy files before each start; the agent does not`,
    );
}

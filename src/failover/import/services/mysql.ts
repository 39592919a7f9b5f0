/**
 * MySQL and MariaDB. The agent starts mysqld_safe as the user of the database, with one option file and with datadir, socket,
 * pid file and log of its own; mysqld_safe takes those from its command line before those of its files. With all of them as
 * the script has them it is the same server on the same data.
 */
import {
  accountOf,
  groupNameOf,
  isPlain,
  linesOf,
  mayBeThere,
  programOf,
  readEnvironment,
  readIfThere,
  readNeeded,
  readScript,
} from './inquiry.ts';
import { type Found, type Inquiry, NOTHING, type SeenFile, type Sourced } from './model.ts';
import { type Option, type OptionFiles, readOptionFiles } from './option-files.ts';

const CONFIGS = ['/etc/my.cnf', '/etc/mysql/my.cnf'];
const SAFE = ['/usr/bin/mysqld_safe', '/usr/bin/mariadbd-safe'];
const SAFE_GROUPS = ['mysqld_safe', 'safe_mysqld', 'mariadb_safe', 'mariadbd-safe'];
const SERVER_GROUPS = ['mysqld', 'server'];
/** MySQL does not read these. */
const MARIADB_GROUPS = ['mariadb', 'mariadbd', 'client-server', 'galera'];
/** Done with the rights of root, which the script has and mysqld_safe under the agent has not. */
const ROOTS = ['open-files-limit', 'memlock', 'large-pages'];
const NAMES = new Set([
  ...['datadir', 'socket', 'pid-file', 'user', 'log-error', 'port', 'nice', 'chroot', 'ledir', 'mysqld'],
  ...['wsrep-on', ...ROOTS],
]);
const ALWAYS = 'the agent always sets one, and nothing else does';

export async function readMysql(inquiry: Inquiry, script: string): Promise<Found> {
  const file = await readScript(inquiry, script);
  const config = await configOf(inquiry);
  const binary = await programOf(inquiry, SAFE, 'which the agent starts');
  const client = await programOf(inquiry, ['/usr/bin/mysql', '/usr/bin/mariadb'], 'which the agent asks with');
  if (file === undefined || config === undefined || binary === undefined || client === undefined) return NOTHING;
  await doubtScript(inquiry, file);
  const safe = await readNeeded(inquiry, binary.value);
  if (safe === undefined) return NOTHING;
  const read = await readOptionFiles(inquiry, config, NAMES);
  const chosen = chosenOf(inquiry, read, /mariadb/i.test(safe.text));
  const user = chosen('user') ?? { value: 'mysql', from: 'no option file says another' };
  const datadir = chosen('datadir') ?? builtIn(safe, /^DATADIR=(\/\S+)$/);
  const socket = chosen('socket') ?? builtIn(safe, /MYSQL_UNIX_PORT:-(\/[^\s}]+)\}/);
  if (datadir === undefined) inquiry.doubts.push(`nothing in ${config.path} or ${safe.path} tells the datadir`);
  if (socket === undefined) inquiry.doubts.push(`nothing in ${config.path} or ${safe.path} tells the socket`);
  if (datadir === undefined || socket === undefined) return NOTHING;
  if (await mayBeThere(inquiry, `${datadir.value}/my.cnf`))
    inquiry.doubts.push(`${datadir.value}/my.cnf is there, which the agent keeps the server from reading`);
  const group = await groupOf(inquiry, user.value, read.files);
  return {
    params: {
      binary,
      client_binary: client,
      config: { value: config.path, from: 'the script reads no other' },
      datadir,
      user,
      group: { value: group ?? '', from: `/etc/group, the one of ${user.value}` },
      socket: within(datadir.value, socket),
      pid: within(
        datadir.value,
        chosen('pid-file') ?? {
          value: '/var/run/mysqld/mysqld.pid',
          from: 'any would do, and no option file says one',
        },
      ),
      log: await logOf(inquiry, datadir.value, chosen('log-error')),
    },
    care: /debian-start/.test(file.text) ? ['/etc/mysql/debian-start is no longer run after a start'] : [],
  };
}

/** The script's mysqld_safe reads all of them, the agent's a single one. */
async function configOf(inquiry: Inquiry): Promise<SeenFile | undefined> {
  const there: SeenFile[] = [];
  for (const path of CONFIGS) {
    const file = await readIfThere(inquiry, path);
    if (file !== undefined) there.push(file);
  }
  const [first, second] = there;
  if (first === undefined) inquiry.doubts.push(`neither ${CONFIGS.join(' nor ')} is there`);
  else if (second !== undefined && first.text !== second.text)
    inquiry.doubts.push(`the script reads ${first.path} and ${second.path}, the agent only one of them`);
  // The script of Debian has its home there.
  if (await mayBeThere(inquiry, '/etc/mysql/.my.cnf'))
    inquiry.doubts.push('/etc/mysql/.my.cnf is there, which the agent does not read');
  return first;
}

/** What the script says itself comes before all files. */
async function doubtScript(inquiry: Inquiry, script: SeenFile): Promise<void> {
  if (!/\b(?:mysqld_safe|mariadbd-safe)\b/.test(script.text))
    inquiry.doubts.push(`${script.path} does not start mysqld_safe`);
  const own =
    /(?:^|[\s"'])(?:--)?(datadir|socket|pid[-_]file|basedir|defaults-(?:extra-)?file)=["']?\/(?!etc\/mysql\/debian\.cnf|usr["']?(?:\s|$))/;
  for (const { text, from } of linesOf(script)) {
    const name = own.exec(text)?.[1];
    if (name !== undefined) inquiry.doubts.push(`${from} sets ${name} itself`);
  }
  await readEnvironment(inquiry, script, { harmless: /^(?:MYSQLD_STARTUP_TIMEOUT|START_?TIMEOUT|STOP_?TIMEOUT)$/ });
}

/** Of the server's groups the last one counts, and before it the last one of mysqld_safe. */
function chosenOf(
  { doubts }: Inquiry,
  { options }: OptionFiles,
  isMariadb: boolean,
): (name: string) => Sourced | undefined {
  const server = isMariadb ? [...SERVER_GROUPS, ...MARIADB_GROUPS] : SERVER_GROUPS;
  const last = (name: string, groups: readonly string[]): Option | undefined =>
    options.findLast((option) => option.name === name && groups.includes(option.group));
  const chosen = (name: string): Option | undefined => last(name, SAFE_GROUPS) ?? last(name, server);
  for (const { group, name, from } of options)
    if (/^(?:mysqld|server|mariadbd?)-\d/.test(group))
      doubts.push(`${from} sets ${name} for one version of the server`);
  for (const name of ROOTS) {
    const option = chosen(name);
    if (option !== undefined && !/^(?:0|off|false)$/i.test(option.value))
      doubts.push(`${option.from} sets ${name}, for which the server has to be started by root; the agent does not`);
  }
  for (const name of ['chroot', 'ledir', 'mysqld']) {
    const option = chosen(name);
    if (option !== undefined) doubts.push(`${option.from} sets ${name}`);
  }
  const [port, nice, galera] = [chosen('port'), chosen('nice'), chosen('wsrep-on')];
  if (port !== undefined && Number(port.value) < 1024 && Number(port.value) > 0)
    doubts.push(`${port.from} sets a port that only root may open; the agent starts the server as its user`);
  if (nice?.value.startsWith('-')) doubts.push(`${nice.from} sets a priority that only root may give`);
  if (galera !== undefined && !/^(?:0|off|false)$/i.test(galera.value))
    doubts.push(`${galera.from}: it is a node of Galera, for which there is ocf:heartbeat:galera`);
  return (name) => {
    const option = chosen(name);
    return option === undefined || option.value === '' ? undefined : { value: option.value, from: option.from };
  };
}

/** What this build of mysqld_safe takes where no option file says anything. */
function builtIn(safe: SeenFile, pattern: RegExp): Sourced | undefined {
  for (const { text, from } of linesOf(safe).toReversed()) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) return { value, from: `${from}, built in` };
  }
  return undefined;
}

/** Started as its user, the server passes over files that this user may not read. */
async function groupOf(inquiry: Inquiry, user: string, files: readonly SeenFile[]): Promise<string | undefined> {
  const account = isPlain(user) ? await accountOf(inquiry, user) : undefined;
  if (account === undefined) return undefined;
  const { uid, gid } = account;
  const mayRead = ({ mode, ...owner }: SeenFile): boolean =>
    (mode & (owner.uid === uid ? 0o400 : owner.gid === gid ? 0o040 : 0o004)) !== 0;
  for (const file of files)
    if (!mayRead(file))
      inquiry.doubts.push(`${file.path} may not be read by ${user}, as whom the agent starts the server`);
  return await groupNameOf(inquiry, gid);
}

/** Where it goes is no part of the service; the agent needs a file all the same. */
async function logOf({ files }: Inquiry, datadir: string, given: Sourced | undefined): Promise<Sourced> {
  if (given !== undefined) {
    const { value, from } = within(datadir, given);
    return { value: /\.[^/]*$/.test(value) ? value : `${value}.err`, from };
  }
  const folder = '/var/log/mysql';
  const path = (await files.isThere(folder)) ? `${folder}/error.log` : `${datadir}/mysqld.err`;
  return { value: path, from: ALWAYS };
}

function within(datadir: string, { value, from }: Sourced): Sourced {
  return { value: value.startsWith('/') ? value : `${datadir}/${value}`, from };
}

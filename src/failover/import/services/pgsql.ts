/**
 * PostgreSQL. The agent runs pg_ctl with a data directory and a configuration file, and asks over the socket by psql whether
 * it serves: `start` waits for that answer, so port, socket and the right to log in decide as well.
 */
import {
  accountOf,
  literalOf,
  mayBeThere,
  namesIn,
  programOf,
  readEnvironment,
  readIfThere,
  readNeeded,
  readScript,
} from './inquiry.ts';
import { type Found, type Inquiry, NOTHING, type SeenFile, type Sourced, type SourcedParams } from './model.ts';
import { readPgsqlFiles } from './pgsql-files.ts';

const CLUSTERS = '/etc/postgresql';
const USER = 'postgres';
const PORT = '5432';

interface Cluster {
  pgdata: Sourced;
  config: SeenFile;
  /** What the script gives on the command line, which comes before the file. */
  port: Sourced | undefined;
  pgctl: readonly string[];
  logfile: Sourced | undefined;
}

type Settings = ReadonlyMap<string, Sourced>;

export async function readPgsql(inquiry: Inquiry, script: string): Promise<Found> {
  const file = await readScript(inquiry, script);
  if (file === undefined) return NOTHING;
  const isDebian = await inquiry.files.isThere(CLUSTERS);
  const cluster = isDebian ? await debianCluster(inquiry, file) : await redHatCluster(inquiry, file);
  if (cluster === undefined) return NOTHING;
  const { config, pgdata } = cluster;
  const pgctl = await programOf(inquiry, cluster.pgctl, 'which the agent starts');
  const psql = await programOf(inquiry, ['/usr/bin/psql'], 'with which the agent asks');
  await accountOf(inquiry, USER);
  const version = await readIfThere(inquiry, `${pgdata.value}/PG_VERSION`);
  if (version === undefined)
    inquiry.doubts.push(
      `${pgdata.value} (${pgdata.from}) holds no database now: import from the node on which it is mounted, so that ` +
        'what ALTER SYSTEM set (postgresql.auto.conf) is read too',
    );
  const settings = await readPgsqlFiles(inquiry, config);
  const automatic = await readIfThere(inquiry, `${pgdata.value}/postgresql.auto.conf`);
  const all: Settings = new Map([
    ...settings,
    ...(automatic === undefined ? [] : await readPgsqlFiles(inquiry, automatic)),
  ]);
  await doubtLogin(inquiry, all.get('hba_file')?.value ?? `${pgdata.value}/pg_hba.conf`);
  if (pgctl === undefined || psql === undefined) return NOTHING;
  return {
    params: {
      pgctl,
      psql,
      pgdata,
      config: { value: config.path, from: isDebian ? 'of the only cluster' : pgdata.from },
      pgdba: { value: USER, from: 'the script starts it as this user' },
      pgport: portOf(inquiry, all, cluster.port),
      ...socketOf(inquiry, all),
      ...(cluster.logfile === undefined ? {} : { logfile: cluster.logfile }),
    },
  };
}

/** /etc/postgresql/VERSION/CLUSTER; the script starts those that say auto (pg_ctlcluster(1)). */
async function debianCluster(inquiry: Inquiry, script: SeenFile): Promise<Cluster | undefined> {
  await readEnvironment(inquiry, script, {});
  const automatic: { version: string; name: string }[] = [];
  for (const version of await namesIn(inquiry, CLUSTERS))
    for (const name of /^\d/.test(version) ? await namesIn(inquiry, `${CLUSTERS}/${version}`) : []) {
      const start = await readIfThere(inquiry, `${CLUSTERS}/${version}/${name}/start.conf`);
      if (firstWord(start) === 'auto') automatic.push({ version, name });
    }
  const [cluster, ...more] = automatic;
  if (cluster === undefined || more.length > 0) {
    const told = automatic.map(({ version, name }) => `${version}/${name}`).join(', ');
    inquiry.doubts.push(
      cluster === undefined
        ? `${CLUSTERS} has no cluster that is started by itself`
        : `the script starts several clusters (${told}), an agent only one: give each an agent`,
    );
    return undefined;
  }
  const { version, name } = cluster;
  const folder = `${CLUSTERS}/${version}/${name}`;
  const config = await readNeeded(inquiry, `${folder}/postgresql.conf`);
  await doubtExtras(inquiry, folder);
  const pgdata = config && (await readPgsqlFiles(inquiry, config)).get('data_directory');
  if (config !== undefined && pgdata === undefined) inquiry.doubts.push(`${config.path} sets no data_directory`);
  if (config === undefined || pgdata === undefined) return undefined;
  const logfile = { value: `/var/log/postgresql/postgresql-${version}-${name}.log`, from: 'as pg_ctlcluster names it' };
  return { pgdata, config, port: undefined, pgctl: [`/usr/lib/postgresql/${version}/bin/pg_ctl`], logfile };
}

function firstWord(start: SeenFile | undefined): string {
  if (start === undefined) return 'auto';
  const line = start.text.split('\n').find((text) => /^\s*[a-z]/.test(text));
  return line?.trim().split(/\s/)[0] ?? 'auto';
}

/** What pg_ctlcluster adds to a start. */
async function doubtExtras(inquiry: Inquiry, folder: string): Promise<void> {
  for (const name of ['environment', 'pg_ctl.conf']) {
    const file = await readIfThere(inquiry, `${folder}/${name}`);
    const lines = (file?.text ?? '').split('\n').filter((line) => !/^\s*(?:#.*)?$/.test(line));
    if (lines.some((line) => !/^\s*pg_ctl_options\s*=\s*(?:''|"")\s*$/.test(line)))
      inquiry.doubts.push(`${folder}/${name} sets something that the agent does not take over`);
  }
  if (await mayBeThere(inquiry, `${folder}/log`)) inquiry.doubts.push(`${folder}/log leads the log elsewhere`);
}

async function redHatCluster(inquiry: Inquiry, script: SeenFile): Promise<Cluster | undefined> {
  const own = script.path.slice(script.path.lastIndexOf('/') + 1);
  const set = new Map(await readEnvironment(inquiry, script, { take: ['PGDATA', 'PGPORT'], harmless: /^PGLOG$/ }));
  // The script puts its own name into this path.
  for (const [name, value] of await readEnvironment(
    inquiry,
    { ...script, path: `/etc/sysconfig/pgsql/${own}`, text: `/etc/sysconfig/pgsql/${own}` },
    { take: ['PGDATA', 'PGPORT'], harmless: /^PGLOG$/ },
  ))
    set.set(name, value);
  const pgdata = set.get('PGDATA') ?? literalOf(script, 'PGDATA');
  if (pgdata === undefined) {
    inquiry.doubts.push(`${script.path} does not say where the data is (PGDATA)`);
    return undefined;
  }
  const config = await readIfThere(inquiry, `${pgdata.value}/postgresql.conf`);
  if (config === undefined) {
    inquiry.doubts.push(
      `${pgdata.value} (${pgdata.from}) has no postgresql.conf now: import from the node on which it is mounted`,
    );
    return undefined;
  }
  const isGiven = /-p\s+["']?\$\{?PGPORT/.test(script.text);
  const port = isGiven ? (set.get('PGPORT') ?? literalOf(script, 'PGPORT')) : undefined;
  if (isGiven && port === undefined) inquiry.doubts.push(`${script.path} computes the port (PGPORT)`);
  const engine = literalOf(script, 'PGENGINE')?.value ?? '/usr/bin';
  return { pgdata, config, port, pgctl: [`${engine}/pg_ctl`], logfile: undefined };
}

function portOf({ doubts }: Inquiry, settings: Settings, given: Sourced | undefined): Sourced {
  const port = settings.get('port') ?? { value: PORT, from: 'no file says another' };
  if (given !== undefined && given.value !== port.value)
    doubts.push(`the script starts it with the port of ${given.from}, the agent with the one of ${port.from}`);
  if (!/^\d+$/.test(port.value)) doubts.push(`${port.from} is no port`);
  return port;
}

/** The agent asks over the first of them, and wants it said where the file says any. */
function socketOf({ doubts }: Inquiry, settings: Settings): SourcedParams {
  const given = settings.get('unix_socket_directories') ?? settings.get('unix_socket_directory');
  if (given === undefined) return {};
  const first = given.value.split(',')[0]!.trim();
  if (!first.startsWith('/')) doubts.push(`${given.from} names no folder for a socket, over which the agent asks`);
  return { socketdir: { value: first, from: given.from } };
}

/** The first line that fits decides (pg_hba.conf). */
async function doubtLogin(inquiry: Inquiry, path: string): Promise<void> {
  const file = await readIfThere(inquiry, path);
  for (const [at, line] of (file?.text ?? '').split('\n').entries()) {
    const [kind, database = '', user = '', method = ''] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (kind?.startsWith('include')) inquiry.doubts.push(`${path}:${at + 1} includes another file`);
    const fits = (words: string, ...names: string[]): boolean =>
      words.split(',').some((word) => names.includes(word.replaceAll('"', '')));
    if (kind !== 'local' || !fits(database, 'all', 'template1') || !fits(user, 'all', USER)) continue;
    if (!['trust', 'peer', 'ident'].includes(method))
      inquiry.doubts.push(`${path}:${at + 1} lets ${USER} log in only with a password, which the agent does not have`);
    return;
  }
  inquiry.doubts.push(`${path} does not let ${USER} log in over the socket, as the agent does`);
}

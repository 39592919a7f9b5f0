/** What a unit must be allowed to do for what it runs, from the configuration. Pure. */
import { dirname } from 'node:path';
import type { Config, PlanConfig, Secret } from '../config.ts';

export interface Needs {
  writablePaths: readonly string[];
  capabilities: readonly string[];
  secrets: readonly Secret[];
  /** A source includes the temporary directories, or something that is read or written lies there. */
  seesTemporary: boolean;
  /** A source includes the devices, or a program may need one. */
  seesDevices: boolean;
}

const TEMPORARY = ['/tmp', '/var/tmp'];
/** Reading every file; hard links and times of files of others. */
const READING = ['CAP_DAC_READ_SEARCH', 'CAP_FOWNER'];
/** Programs such as runuser(1) become another user: a database's own. */
const BECOMING = ['CAP_SETUID', 'CAP_SETGID'];

/** Talking to a cluster of this machine: the memory it shares with who asks belongs to its own user. */
const ASKING = ['CAP_DAC_OVERRIDE'];

export interface Needing {
  /** Names. */
  plans: readonly string[];
  vaults: readonly string[];
  clusters: readonly string[];
  /** What the program itself must see: where it lies, and its configuration. */
  reads: readonly string[];
}

/** What plans, vaults and clusters of these names need, and what tells people of them. */
export function needsOf(config: Config, { plans: planNames, vaults: vaultNames, clusters, reads }: Needing): Needs {
  const plans = planNames.map((name) => config.plans[name]!);
  const vaults = [...new Set([...vaultNames, ...plans.map(({ vault }) => vault)])].map((name) => config.vaults[name]!);
  const { textfile } = config.daemon;
  const files = plans.flatMap(filesOf);
  const hasPrograms = plans.some(startsPrograms);
  const asksHere = clusters.some((name) => mayBeHere(config, name));
  const written = [
    config.stateDirectory,
    ...vaults.flatMap(({ url }) => localPath(url) ?? []),
    ...(textfile === undefined ? [] : [dirname(textfile)]),
  ];
  const secrets = [...vaults.map(({ password }) => password), ...plans.flatMap(planSecrets), ...targetSecrets(config)];
  const seen = [
    ...files,
    ...written,
    ...reads,
    ...secrets.flatMap((secret) => ('file' in secret ? [secret.file] : [])),
  ];
  const seesTemporary = TEMPORARY.some((each) => seen.some((path) => overlaps(path, each)));
  return {
    writablePaths: [...written, ...(seesTemporary ? TEMPORARY : [])],
    capabilities: [...READING, ...(hasPrograms ? BECOMING : []), ...(asksHere ? ASKING : [])],
    secrets,
    seesTemporary,
    seesDevices: hasPrograms || asksHere || files.some((file) => overlaps(file, '/dev')),
  };
}

/** One of its nodes may be this machine, where agents of fencing are started: those that are hosts are reached over ssh. */
function mayBeHere({ clusters, hosts }: Config, name: string): boolean {
  return clusters[name]!.nodes.some((node) => !Object.hasOwn(hosts, node));
}

/** What lies there is gone after some days, or when the machine starts. */
export function isTemporary(path: string): boolean {
  return TEMPORARY.some((each) => path.startsWith(`${each}/`));
}

/** Messages that the machine's own sendmail takes: its spool is not writable from within the units. */
export function usesSendmail({ notifications }: Config): boolean {
  return Object.values(notifications.targets).some(({ mail }) => mail !== undefined && mail.smtp === undefined);
}

function filesOf({ sources }: PlanConfig): readonly string[] {
  return sources.flatMap((source) => ('files' in source ? source.files : []));
}

function startsPrograms({ sources, hooks }: PlanConfig): boolean {
  const hookCount = hooks.before.length + hooks.after.length + hooks.failure.length;
  return hookCount > 0 || sources.some((source) => !('files' in source));
}

function planSecrets({ sources }: PlanConfig): Secret[] {
  return sources.flatMap((source) => ('command' in source ? Object.values(source.environment) : []));
}

function targetSecrets({ notifications }: Config): Secret[] {
  return Object.values(notifications.targets).flatMap(({ mail, webhook, ping }) => [
    ...(mail?.smtp?.password === undefined ? [] : [mail.smtp.password]),
    ...(webhook === undefined ? [] : [webhook.url, ...Object.values(webhook.headers)]),
    ...(ping === undefined ? [] : [ping.url]),
  ]);
}

/** Undefined for a vault that is reached through a network. */
function localPath(url: string): string | undefined {
  const path = url.replace(/^(?:local:|file:\/\/)/, '');
  return path.startsWith('/') ? path : undefined;
}

/** Whether one lies within the other. */
function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, '')}/`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

/** A configuration against the machine it is for: paths, secrets, hosts, commands. Nothing is changed. */
import { dirname } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { Processes } from '../host.ts';
import { type ConfigFiles, findProgram, systemFiles } from './files.ts';
import type { LoadedConfig } from './load.ts';
import { LOCAL, type Secret } from './parts.ts';
import { commandsOf, secretsOf, sourcesOf } from './places.ts';
import type { Path } from './problem.ts';
import type { Config, HostConfig } from './schema.ts';
import { readSecret } from './secret.ts';
import type { Environment } from './substitute.ts';
import { treeAt } from './tree.ts';
import type { Warning } from './warnings.ts';

export interface CheckWorld {
  environment: Environment;
  processes: Processes;
  signal: AbortSignal;
  /** Those of this machine when absent. */
  files?: ConfigFiles;
}

type World = Required<CheckWorld>;

/** Names are looked up within this time. */
const LOOKUP_MS_MAX = 10_000;
const READABLE_BY_OTHERS = 0o004;

/** One look at the machine. */
export interface MachineCheck {
  /** `secret`: whether it can be read; `mode`: whether others can read it. */
  kind: 'path' | 'secret' | 'mode' | 'program' | 'host';
  /** Where it stands in the configuration. */
  path: Path;
  /** The file that is looked at. */
  file: string | undefined;
  /** What is wrong; a command of a secret is run. @throws the signal's reason */
  run(world: CheckWorld): Promise<Warning[]>;
}

/** What a check needs of a loaded configuration: without its text, nobody knows who can read a secret that stands in it. */
export type Checked = Pick<LoadedConfig, 'config'> & Partial<Pick<LoadedConfig, 'tree' | 'positions'>>;

/** All looks, for who takes them one by one. */
export function machineChecks(loaded: Checked): MachineCheck[] {
  const { config } = loaded;
  const check = (
    given: Omit<MachineCheck, 'file' | 'run'> & { file?: string | undefined },
    run: (world: World) => Promise<Warning[]>,
  ): MachineCheck => ({ file: undefined, ...given, run: (world) => run({ files: systemFiles, ...world }) });
  return [
    ...pathsOf(config).map((each) =>
      check({ kind: 'path', path: each.path, file: each.file }, (world) => checkPath(each, world)),
    ),
    ...secretsOf(config).flatMap(({ path, it }) => {
      const file = 'file' in it ? it.file : undefined;
      return [
        check({ kind: 'mode', path, file }, (world) => openSecret(path, it, { loaded, world })),
        check({ kind: 'secret', path, file }, (world) => checkSecret(path, it, world)),
      ];
    }),
    ...commandsOf(config)
      .filter(({ it }) => it.host === LOCAL)
      .map(({ path, it }) =>
        check({ kind: 'program', path }, (world) => checkProgram([...path, 'command'], it.command[0]!, world)),
      ),
    ...Object.entries(config.hosts).map(([name, host]) =>
      check({ kind: 'host', path: ['hosts', name] }, (world) => checkHost(name, host, world)),
    ),
  ];
}

export async function checkMachine(loaded: LoadedConfig, world: CheckWorld): Promise<Warning[]> {
  const found: Warning[] = [];
  for (const check of machineChecks(loaded)) found.push(...(await check.run(world)));
  return found;
}

interface Expected {
  path: Path;
  file: string;
  /** What stands there, and what to say when it does not. */
  text: string;
  /** Who needs it makes it, with what is missing above it. */
  isMade?: boolean;
}

function pathsOf(config: Config): Expected[] {
  const expected = (path: Path, file: string | undefined, text = 'is not there, or may not be read'): Expected[] =>
    file === undefined ? [] : [{ path, file, text }];
  const { stateDirectory, daemon, vaults, hosts, shelves, notifications } = config;
  return [
    {
      path: ['stateDirectory'],
      file: stateDirectory,
      text: 'is not there and cannot be made; make it for the user that runs Holdfast',
      isMade: true,
    },
    ...expected(['daemon', 'textfile'], daemon.textfile && dirname(daemon.textfile), 'is not there'),
    ...Object.entries(vaults).flatMap(([name, { url }]) =>
      expected(
        ['vaults', name, 'url'],
        url.startsWith('/') ? url : undefined,
        `is no vault yet; make it with: holdfast -r ${url} init`,
      ),
    ),
    ...Object.entries(hosts).flatMap(([name, host]) =>
      (['identityFile', 'configFile', 'knownHostsFile'] as const).flatMap((key) =>
        expected(['hosts', name, key], host[key]),
      ),
    ),
    ...sourcesOf(config).flatMap(({ path, it }) => {
      if (!('files' in it)) return [];
      return (['files', 'excludeFile'] as const).flatMap((key) =>
        it[key].flatMap((file, index) => expected([...path, key, index], file)),
      );
    }),
    ...Object.entries(shelves).flatMap(([name, { root, target }]) => [
      ...expected(['shelves', name, 'root'], root),
      ...expected(
        ['shelves', name, 'target', 'root'],
        target?.host === LOCAL ? target.root : undefined,
        'is not there',
      ),
    ]),
    ...Object.entries(notifications.targets).flatMap(([name, { mail }]) => {
      const path = ['notifications', 'targets', name, 'mail'];
      if (mail?.smtp !== undefined) return expected([...path, 'smtp', 'caFile'], mail.smtp.caFile);
      return expected([...path, 'sendmail'], mail?.sendmail, 'is not there: install a mail server, or give smtp');
    }),
  ];
}

async function checkPath({ path, file, text, isMade = false }: Expected, { files }: World): Promise<Warning[]> {
  if (await files.canRead(file)) return [];
  return isMade && (await canBeMade(file, files)) ? [] : [{ path, text: `${file} ${text}` }];
}

async function canBeMade(path: string, files: ConfigFiles): Promise<boolean> {
  let above = dirname(path);
  while ((await files.state(above)) === undefined && dirname(above) !== above) above = dirname(above);
  const isDirectory = (await files.state(above))?.kind === 'directory';
  return isDirectory && (await files.state(path)) === undefined && files.canMakeIn(above);
}

interface SecretParts {
  loaded: Checked;
  world: World;
}

async function checkSecret(path: Path, secret: Secret, world: World): Promise<Warning[]> {
  try {
    await readSecret(secret, world);
    return [];
  } catch (error) {
    if (!hasCode(error, 'secret-missing')) throw error;
    return [{ path, text: error.message }];
  }
}

/** Whether others can read it where it lies. */
async function openSecret(path: Path, secret: Secret, { loaded, world }: SecretParts): Promise<Warning[]> {
  const isOpen = async (file: string): Promise<boolean> =>
    (((await world.files.state(file))?.mode ?? 0) & READABLE_BY_OTHERS) !== 0;
  if ('file' in secret && (await isOpen(secret.file)))
    return [{ path, text: `${secret.file} can be read by everyone on this machine; chmod 600 it` }];
  const { tree, positions } = loaded;
  if (!('value' in secret) || tree === undefined || positions === undefined) return [];
  const value = treeAt(tree, [...path, 'value']);
  const { file } = value?.place ?? positions(path);
  const isWritten = value?.kind === 'scalar' && !value.isSubstituted;
  if (!isWritten || !(await isOpen(file))) return [];
  return [
    { path, text: `it stands in ${file}, which can be read by everyone on this machine; chmod 600 it, or use a file` },
  ];
}

async function checkProgram(path: Path, program: string, { files, environment }: World): Promise<Warning[]> {
  if ((await findProgram(program, { files, path: environment['PATH'] })) !== undefined) return [];
  return [{ path, text: `there is no program ${program}${program.includes('/') ? '' : ' in PATH'}` }];
}

/**
 * ssh says what it would connect to, as the address may be an alias of its configuration; the name service says whether
 * that exists. Behind another host (ProxyJump, ProxyCommand; ssh_config(5)) only that one can know.
 */
async function checkHost(name: string, { address, configFile }: HostConfig, world: World): Promise<Warning[]> {
  const path = ['hosts', name, 'address'];
  const settings = await lookUp(
    'ssh',
    ['-G', ...(configFile === undefined ? [] : ['-F', configFile]), '--', address],
    world,
  );
  if (settings === 'no program') return [{ path, text: 'there is no program ssh: install OpenSSH' }];
  if (settings === undefined) return [{ path, text: `ssh does not accept ${address}; try: ssh -G ${address}` }];
  const values = new Map(
    settings.split('\n').map((line) => [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)]),
  );
  const isBehind = [values.get('proxyjump'), values.get('proxycommand')].some(
    (via) => via !== undefined && via !== 'none',
  );
  if (isBehind) return [];
  const target = values.get('hostname') ?? address;
  const found = await lookUp('getent', ['ahosts', target], world);
  return found === undefined ? [{ path, text: `no address is known for ${target}` }] : [];
}

/** Standard output of a program that ended well; else undefined. */
async function lookUp(
  program: string,
  args: string[],
  { processes, signal }: World,
): Promise<string | 'no program' | undefined> {
  try {
    const { exitCode, output } = await processes.run(program, args, { signal, timeLimitMs: LOOKUP_MS_MAX });
    return exitCode === 0 ? output.toString() : undefined;
  } catch (error) {
    if (hasCode(error, 'command-missing')) return 'no program';
    if (hasCode(error, 'command-failed', 'command-timeout')) return undefined;
    throw error;
  }
}

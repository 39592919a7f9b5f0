/** Lines of cron that begin runs: whether cron takes the file they stand in, and the program is there. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { type FaultOf, realProgram } from '../program.ts';
import { keyOf, type Subject } from '../schedule.ts';
import { type Finding, type Words, wrong } from './finding.ts';

/**
 * What cron reads there: tables of the system, which must be its administrator's; tables of users; programs that
 * run-parts(8) is told to run.
 */
export type CronKind = 'system' | 'user' | 'scripts';

export interface CronPlace {
  /** A file, or a directory of files. */
  path: string;
  kind: CronKind;
}

/** crontab(5), cron(8), of Debian and of Red Hat. */
export const CRON_PLACES: readonly CronPlace[] = [
  { path: '/etc/crontab', kind: 'system' },
  { path: '/etc/cron.d', kind: 'system' },
  { path: '/etc/cron.hourly', kind: 'scripts' },
  { path: '/etc/cron.daily', kind: 'scripts' },
  { path: '/etc/cron.weekly', kind: 'scripts' },
  { path: '/var/spool/cron/crontabs', kind: 'user' },
  { path: '/var/spool/cron', kind: 'user' },
];

export interface CronFound {
  /** Keys of subjects that a line begins. */
  begun: ReadonlySet<string>;
  findings: Finding[];
}

export interface CronParts {
  faultOf: FaultOf;
  places: readonly CronPlace[];
  /** Who must own tables of the system. */
  ownerUid: number;
  /** Whether files are passed over whose names run-parts(8) does not take. */
  hasNameRule: boolean;
}

/** What crond itself gives its children; scripts get that of a usual /etc/crontab. */
const TABLE_PATH = '/usr/bin:/bin';
const SCRIPT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const WRITABLE_BY_OTHERS = 0o022;
const EXECUTABLE = 0o111;
const TAKEN_NAME = /^[A-Za-z0-9_-]+$/;

export async function examineCron(subjects: readonly Subject[], parts: CronParts): Promise<CronFound> {
  const begun = new Set<string>();
  const findings: Finding[] = [];
  for (const file of await filesOf(parts.places)) {
    const lines = file.text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
    const commands = lines.flatMap((line) => commandsIn(file.kind === 'scripts' ? line : beforePercent(line)));
    const ours = subjects.filter((subject) => commands.some((command) => isRunOf(command, subject)));
    if (ours.length === 0) continue;
    for (const subject of ours) begun.add(keyOf(subject));
    const used = commands.filter((command) => ours.some((subject) => isRunOf(command, subject)));
    const faults = await faultsOf(file, { lines, programs: new Set(used.flatMap(programOf)), parts });
    findings.push(...faults.map((words) => wrong('schedule', file.path, words)));
  }
  return { begun, findings };
}

interface CronFile {
  path: string;
  kind: CronKind;
  text: string;
  mode: number;
  uid: number;
  /** Stands in a directory, where names count. */
  isNamed: boolean;
}

/** What this user may not read is not seen. */
async function filesOf(places: readonly CronPlace[]): Promise<CronFile[]> {
  const files: CronFile[] = [];
  for (const { path, kind } of places) {
    const names = await orNothing(readdir(path), 'ENOTDIR');
    const paths = names === 'ENOTDIR' ? [path] : (names ?? []).map((name) => join(path, name));
    for (const file of paths) {
      const text = await orNothing(readFile(file, 'utf8'));
      if (text === undefined) continue;
      const { mode, uid } = await stat(file);
      files.push({ path: file, kind, text, mode, uid, isNamed: names !== 'ENOTDIR' });
    }
  }
  return files;
}

async function orNothing<T, const E extends string = never>(work: Promise<T>, told?: E): Promise<T | E | undefined> {
  try {
    return await work;
  } catch (error) {
    const errno = errnoOf(error);
    if (told !== undefined && errno === told) return told;
    if (['ENOENT', 'EACCES', 'EISDIR'].includes(errno ?? '')) return undefined;
    throw error;
  }
}

interface Judged {
  lines: readonly string[];
  programs: ReadonlySet<string>;
  parts: CronParts;
}

async function faultsOf(file: CronFile, { lines, programs, parts }: Judged): Promise<Words[]> {
  const refused = refusalOf(file, parts);
  if (refused !== undefined) return [refused];
  // Whose table it is could let us run anything.
  if (file.kind === 'user') return [];
  const given = lines.findLast((line) => /^\s*(?:export\s+)?PATH\s*=/.test(line))?.replace(/^[^=]*=\s*/, '');
  const path = given?.replace(/^(['"])(.*)\1\s*$/, '$2') ?? (file.kind === 'scripts' ? SCRIPT_PATH : TABLE_PATH);
  const faults: Words[] = [];
  for (const program of programs) {
    const text = await faultIn(program, { path, faultOf: parts.faultOf });
    const remedy = `Write where it is into ${file.path}, or have it written: holdfast schedule crontab`;
    if (text !== undefined) faults.push({ text, remedy });
  }
  return faults;
}

/** Why cron does not take the file (cron(8), "Notes"; run-parts(8)). */
function refusalOf(
  { path, kind, mode, uid, isNamed }: CronFile,
  { ownerUid, hasNameRule }: CronParts,
): Words | undefined {
  if (hasNameRule && isNamed && kind !== 'user' && !TAKEN_NAME.test(basename(path)))
    return {
      text: 'cron passes over files of such a name: only letters, digits, underscores and hyphens',
      remedy: `Name it differently: mv ${path} ${join(dirname(path), basename(path).replaceAll(/[^A-Za-z0-9_-]/g, '-'))}`,
    };
  if (kind === 'scripts' && (mode & EXECUTABLE) === 0)
    return { text: 'it is not executable, so that it is not run', remedy: `chmod 755 ${path}` };
  if (kind === 'user') return undefined;
  const remedy = `chown root:root ${path}; chmod ${kind === 'scripts' ? 755 : 644} ${path}`;
  if (uid !== ownerUid) return { text: 'cron does not take it, as it is not owned by root', remedy };
  return (mode & WRITABLE_BY_OTHERS) === 0
    ? undefined
    : { text: 'cron does not take it, as others than its owner may write to it', remedy };
}

/** As the shell would look the program up; undefined when all is well, or only the shell could tell. */
async function faultIn(
  program: string,
  { path, faultOf }: { path: string; faultOf: FaultOf },
): Promise<string | undefined> {
  if (program.startsWith('/')) return faultOf(program, path);
  if (/[$`~*?/]/.test(program) || path.includes('$')) return undefined;
  for (const directory of path.split(':').filter((each) => each.startsWith('/'))) {
    const candidate = join(directory, program);
    if ((await realProgram(candidate)) !== undefined) return faultOf(candidate, path);
  }
  return `${program} is not there: it is not in PATH=${path}`;
}

/** A percent sign ends the command of a table, unless escaped. */
function beforePercent(line: string): string {
  const [command] = /^(?:\\.|[^%\\])*/.exec(line)!;
  return command.replaceAll('\\%', '%');
}

/** Simple commands of a line of shell, each as words without quotes; also those within a quoted word, as `sh -c` has them. */
function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  const within: string[][] = [];
  for (const [part, isQuoted] of partsOf(line)) {
    if (part === '') commands.push([]);
    else commands.at(-1)!.push(part);
    if (isQuoted && /\s/.test(part)) within.push(...commandsIn(part));
  }
  return [...commands, ...within];
}

/** Words, and an empty one where a command ends. */
function* partsOf(line: string): Generator<[part: string, isQuoted: boolean]> {
  const word = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|()'"\\])+|[;&|()]+/g;
  for (const [found] of line.matchAll(word)) {
    if (/^[;&|()]+$/.test(found)) yield ['', false];
    else {
      const bare = found.replaceAll(
        /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
        (_, single, double, one) => single ?? double ?? one,
      );
      yield [bare, bare !== found];
    }
  }
}

/** The program of a command that has no PATH of its own. */
function programOf(command: readonly string[]): string[] {
  const found = command.find((word) => basename(word) === 'holdfast');
  return found === undefined || command.some((word) => word.startsWith('PATH=')) ? [] : [found];
}

/** Whether a command is `holdfast … run …` for the subject: as `schedule crontab` writes it, or as a person would. */
function isRunOf(command: readonly string[], { kind, subject }: Subject): boolean {
  const program = command.findIndex((word) => basename(word) === 'holdfast');
  const run = command.indexOf('run', program + 1);
  if (program < 0 || run < 0) return false;
  const args = command.slice(run + 1);
  const option = args.findIndex((word) => /^--(?:verify|prune)(?:=|$)/.test(word));
  if (kind === 'backup') return option < 0 && args.includes(subject);
  return args.includes(`--${kind}=${subject}`) || (args[option] === `--${kind}` && args[option + 1] === subject);
}

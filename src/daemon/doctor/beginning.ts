/** Whether anything will begin tonight's runs: the daemon, timers of systemd, or lines of cron. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf, hasCode } from '../../base/errors.ts';
import { type Config, when } from '../../config.ts';
import { type Processes, syscalls } from '../../host.ts';
import { type Subject, subjectsOf } from '../schedule.ts';
import { timerUnits } from '../units.ts';
import { doubtful, type Finding, fine } from './finding.ts';

export interface BeginningParts {
  config: Config;
  /** Of this machine. */
  processes: Processes;
  signal: AbortSignal;
  /** Files, and directories of files, that cron reads; those of this machine when absent. */
  cronPlaces?: readonly string[];
}

/** crontab(5), cron(8), of Debian and of Red Hat; and what run-parts(8) is told to run. */
const CRON_PLACES = [
  '/etc/crontab',
  '/etc/cron.d',
  '/etc/cron.hourly',
  '/etc/cron.daily',
  '/etc/cron.weekly',
  '/var/spool/cron/crontabs',
  '/var/spool/cron',
];
const STEP_MS_MAX = 10_000;
const REMEDY =
  'Start holdfast serve, or have timers or a crontab written: holdfast schedule systemd, holdfast schedule crontab';

export async function examineBeginning(parts: BeginningParts): Promise<Finding[]> {
  const { config } = parts;
  const subjects = subjectsOf(config, when.parseWhen);
  const holder = daemonOf(join(config.stateDirectory, 'daemon.lock'));
  if (holder !== undefined) return [fine('schedule', 'daemon', `runs, and begins what is due: ${holder}`)];
  const timers = await activeTimers(parts);
  const cron = await cronLines(parts.cronPlaces ?? CRON_PLACES);
  const left = subjects.filter((subject, index) => !timers.has(index) && !cron.some((line) => begins(line, subject)));
  if (left.length === 0 && subjects.length > 0)
    return [fine('schedule', 'all', 'timers of systemd or cron begin what is due')];
  if (left.length === subjects.length)
    return [
      doubtful('schedule', 'all', {
        text: 'nothing here begins any run: no daemon, no active timer, no line of cron',
        remedy: REMEDY,
      }),
    ];
  return left.map(({ kind, subject }) =>
    doubtful('schedule', `${kind} ${subject}`, { text: 'no timer and no line of cron begins it', remedy: REMEDY }),
  );
}

/** Who holds the lock of the daemon, see `lockStateDirectory`. Undefined when nobody does. */
function daemonOf(path: string): string | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      // Let go of at once: a daemon that starts at this very moment would take us for another.
      if (syscalls.tryLock(fd, 'shared')) return undefined;
      return readFileSync(fd, 'utf8').trim() || 'who, it does not say';
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Indices of subjects whose timer is active: units are written in their order, a service and a timer each. */
async function activeTimers({ config, processes, signal }: BeginningParts): Promise<Set<number>> {
  const units = timerUnits(config, { program: '/usr/bin/holdfast', configFile: '/etc/holdfast/holdfast.yaml' });
  const names = units.map(({ name }) => name).filter((name) => name.endsWith('.timer'));
  if (names.length === 0) return new Set();
  try {
    // One line for each unit (systemctl(1)); nothing of the kind where systemd does not run.
    const options = { timeLimitMs: STEP_MS_MAX, signal };
    const { output } = await processes.run('systemctl', ['is-active', '--', ...names], options);
    const states = output.toString().trim().split('\n');
    return new Set(states.flatMap((state, index) => (state === 'active' ? [index] : [])));
  } catch (error) {
    if (hasCode(error, 'command-missing', 'command-timeout')) return new Set();
    throw error;
  }
}

/** Lines that are no comments. What this user may not read is not seen. */
async function cronLines(places: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const place of places)
    for (const file of await filesAt(place)) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        if (['ENOENT', 'EACCES', 'EISDIR'].includes(errnoOf(error) ?? '')) return '';
        throw error;
      });
      texts.push(text);
    }
  return texts.flatMap((text) => text.split('\n')).filter((line) => !/^\s*(?:#|$)/.test(line));
}

async function filesAt(place: string): Promise<string[]> {
  try {
    return (await readdir(place)).map((name) => join(place, name));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTDIR') return [place];
    if (errno === 'ENOENT' || errno === 'EACCES') return [];
    throw error;
  }
}

/** Whether a line has `holdfast … run …` for the subject: as `schedule crontab` writes it, or as a person would. */
function begins(line: string, subject: Subject): boolean {
  return line.split(/[;&|]+/).some((command) => isRunOf(command, subject));
}

function isRunOf(command: string, { kind, subject }: Subject): boolean {
  const words = command.split(/\s+/).map((word) => word.replace(/^['"(]|['")]$/g, ''));
  const program = words.findIndex((word) => basename(word) === 'holdfast');
  const run = words.indexOf('run', program + 1);
  if (program < 0 || run < 0) return false;
  const args = words.slice(run + 1);
  const option = args.findIndex((word) => /^--(?:verify|prune)(?:=|$)/.test(word));
  if (kind === 'backup') return option < 0 && args.includes(subject);
  return args.includes(`--${kind}=${subject}`) || (args[option] === `--${kind}` && args[option + 1] === subject);
}

/** Whether anything will begin tonight's runs: the daemon, timers of systemd, or lines of cron. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { type Config, when } from '../../config.ts';
import { type Processes, syscalls } from '../../host.ts';
import { programChecks } from '../program.ts';
import { keyOf, type Subject, subjectsOf } from '../schedule.ts';
import { CRON_PLACES, type CronPlace, examineCron } from './cron.ts';
import { doubtful, type Finding, fine } from './finding.ts';
import { examineDaemonUnit, examineTimers } from './timers.ts';

export interface BeginningParts {
  config: Config;
  /** Of this machine. */
  processes: Processes;
  signal: AbortSignal;
  /** Those of this machine when absent. */
  cronPlaces?: readonly CronPlace[];
  /** Who owns what cron takes: root, when absent. */
  cronOwnerUid?: number;
}

const STEP_MS_MAX = 10_000;
const REMEDY =
  'Start holdfast serve, or have timers or a crontab written: holdfast schedule systemd, holdfast schedule crontab';

export async function examineBeginning(parts: BeginningParts): Promise<Finding[]> {
  const { config, processes, signal, cronPlaces: places = CRON_PLACES, cronOwnerUid: ownerUid = 0 } = parts;
  const subjects = subjectsOf(config, when.parseWhen);
  const programs = { processes, signal, timeLimitMs: STEP_MS_MAX };
  const faultOf = programChecks(programs);
  const holder = daemonOf(join(config.stateDirectory, 'daemon.lock'));
  const unit = await examineDaemonUnit(holder !== undefined, { ...programs, faultOf });
  if (holder !== undefined) return [fine('schedule', 'daemon', `runs, and begins what is due: ${holder}`), ...unit];
  const timers = await examineTimers(subjects, { ...programs, faultOf });
  const cron = await examineCron(subjects, {
    faultOf,
    places,
    ownerUid,
    hasNameRule: existsSync('/etc/debian_version'),
  });
  const left = subjects.filter((subject) => !timers.begun.has(keyOf(subject)) && !cron.begun.has(keyOf(subject)));
  const timerFindings = timers.findings.filter(
    // Whose timer is at rest because cron begins it needs none.
    ({ subject }) => timers.begun.has(subject) || !cron.begun.has(subject),
  );
  const findings = [...unit, ...timerFindings, ...cron.findings, ...unbegun(left, { subjects, timerFindings })];
  if (findings.length > 0 || subjects.length === 0) return findings;
  return [fine('schedule', 'all', 'timers of systemd or cron begin what is due')];
}

interface Among {
  subjects: readonly Subject[];
  /** Of what a timer is there that says itself why it begins nothing. */
  timerFindings: readonly Finding[];
}

function unbegun(left: readonly Subject[], { subjects, timerFindings }: Among): Finding[] {
  const silent = left.filter((subject) => !timerFindings.some((finding) => finding.subject === keyOf(subject)));
  if (silent.length === 0) return [];
  if (silent.length === subjects.length) {
    const text = 'nothing here begins any run: no daemon, no active timer, no line of cron';
    return [doubtful('schedule', 'all', { text, remedy: REMEDY })];
  }
  return silent.map((subject) =>
    doubtful('schedule', keyOf(subject), { text: 'no timer and no line of cron begins it', remedy: REMEDY }),
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

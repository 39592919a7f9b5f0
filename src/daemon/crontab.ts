/** A file for /etc/cron.d (crontab(5)), for machines without systemd. Pure. */
import { type Config, when } from '../config.ts';
import { type Subject, subjectsOf } from './schedule.ts';
import type { UnitOptions } from './units.ts';

export interface CrontabOptions extends UnitOptions {
  /** Time zone of the machine, which cron goes by. */
  machineTimezone: string;
}

export interface Crontab {
  text: string;
  /** What cron cannot do, one line each: these schedules are left out. */
  problems: readonly string[];
}

/** @throws {AppError} `config` */
export function crontab(config: Config, options: CrontabOptions): Crontab {
  const entries = subjectsOf(config, when.parseWhen).map((subject) => entry(subject, options));
  const problems = entries.flatMap(({ problem }) => problem ?? []);
  const text = [
    '# Written by: holdfast schedule crontab, for /etc/cron.d.',
    '# cron makes up for no missed run, spreads none over time, and tells nobody that a plan is overdue.',
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...entries.map(({ line }) => line),
    '',
  ].join('\n');
  return { text, problems };
}

function entry(
  { kind, subject, turns }: Subject,
  options: CrontabOptions,
): { line: string; problem: string | undefined } {
  const { timezone, text } = turns;
  const name = `${kind} ${subject}`;
  const fields = when.parseWhen(text, timezone).toCron();
  const leftOut = (why: string) => ({ line: `# ${name}: ${why}`, problem: `${name}: ${why}` });
  if (fields === undefined) return leftOut(`cron cannot say ${oneLine(text)}`);
  if (timezone !== undefined && timezone !== options.machineTimezone)
    return leftOut(`cron goes by the time zone of the machine, ${options.machineTimezone}, not by ${timezone}`);
  const args = kind === 'backup' ? ['run', subject] : ['run', `--${kind}`, subject];
  const command = [options.program, ...args, '--quiet', '--config', options.configFile].map(shellWord).join(' ');
  // A percent sign would begin the program's input.
  return { line: `${fields} root ${command.replaceAll('%', '\\%')}`, problem: undefined };
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_@+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

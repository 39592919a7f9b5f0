import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { units } from '../daemon.ts';
import type { Context } from './context.ts';
import { flag, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { formatTime } from './time.ts';

const FORMS = ['show', 'systemd', 'crontab'] as const;
const TURNS_DEFAULT = 3;
const TURNS_MAX = 1000;

export const command = defineCommand({
  description:
    'Shows when everything of the configuration is due (show), or prints what makes systemd (systemd) or cron (crontab) run ' +
    'it, for machines without the daemon. The units allow a run no more than it needs. With --write they are files. They ' +
    'begin the program by the path by which this one was begun: through a link where it was a link.',
  examples: [
    { line: 'schedule show', does: 'list the next times of everything' },
    { line: 'schedule systemd --write /etc/systemd/system', does: 'write a service and a timer for each schedule' },
    { line: 'schedule systemd --daemon', does: 'print the service that runs holdfast serve' },
    { line: 'schedule crontab --write /etc/cron.d', does: 'write /etc/cron.d/holdfast' },
  ],
  arguments: [{ usage: '<form>', description: 'show, systemd or crontab', choices: FORMS }],
  options: {
    write: text('directory', 'Write files into this directory instead of printing them'),
    daemon: flag('One service that runs holdfast serve, instead of timers'),
    program: text('path', 'Where the program is; when not given, as this one was begun'),
    count: text('n', 'How many times of each are shown; 3 when not given'),
  },
  async run(context, [form], options) {
    const { output, environment, configFile } = context;
    const { config } = await loadConfig({ file: configFile, environment });
    if (form === 'show') {
      show(context, config, countOf(options.count));
      return undefined;
    }
    const place = await placeFor(context, options);
    const files = filesOf(context, config, { form: form!, daemon: options.daemon, place });
    for (const { name, text } of files) {
      if (options.write === undefined) {
        output.line(form === 'systemd' ? `# ${name}\n${text}` : text.trimEnd());
        output.record('file', { name, text });
        continue;
      }
      const path = join(options.write, name);
      await units.replaceFile(path, text, 'Check the directory, its mode and the free space.');
      output.note(`Wrote ${path}`);
      output.record('file', { name, path });
    }
    output.summary({ files: files.length });
    return output.warnings > 0 ? 'incomplete' : undefined;
  },
});

/** @throws {AppError} `usage` when files would name a program that is not there: every turn would end with it */
async function placeFor(
  { output, configFile, program: own }: Context,
  { program: given, write }: { program: string | undefined; write: string | undefined },
): Promise<units.UnitOptions> {
  const place = { program: plainPath(given ?? own), configFile: plainPath(configFile) };
  const realPaths = [await units.realProgram(place.program), await realpath(place.configFile)];
  if (realPaths[0] === undefined) {
    const detail = `${place.program} is not there, or is no program`;
    if (write !== undefined) throw new AppError('usage', { detail, hint: 'Say where it is: --program PATH' });
    output.warn(detail);
  }
  const known = realPaths.filter((path) => path !== undefined);
  for (const path of new Set([place.program, place.configFile, ...known]))
    if (units.isTemporary(path))
      output.warn(`${path} is in a temporary directory, and runs end when that is emptied: move it, and write again`);
  return { ...place, realPaths: known };
}

interface Request {
  form: string;
  daemon: boolean;
  place: units.UnitOptions;
}

function filesOf({ output }: Context, config: Config, { form, daemon, place }: Request): units.UnitFile[] {
  if (units.usesSendmail(config))
    output.warn('the units do not let sendmail write to its spool; use smtp with host localhost for messages');
  if (form === 'systemd') return daemon ? [units.daemonUnit(config, place)] : units.timerUnits(config, place);
  if (form !== 'crontab')
    throw new AppError('usage', { detail: `no such form: ${form}`, hint: `Forms: ${FORMS.join(', ')}.` });
  if (daemon) throw new AppError('usage', { detail: 'cron runs no daemon', hint: 'Leave out --daemon.' });
  const machineTimezone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { text, problems } = units.crontab(config, { ...place, machineTimezone });
  for (const problem of problems) output.warn(`left out: ${problem}`);
  return [{ name: 'holdfast', text }];
}

function show({ output, clock }: Context, config: Config, count: number): void {
  const nowMs = clock.nowMs();
  const turns = units.nextTurns(config, { nowMs, count });
  output.table(
    [{ title: 'Time' }, { title: 'Kind' }, { title: 'Of' }, { title: 'Schedule', flexible: 'start' }],
    turns.map(({ dueMs, kind, subject, describes }) => [formatTime(dueMs), kind, subject, describes]),
  );
  for (const { dueMs, kind, subject, describes } of turns)
    output.record('turn', { time: new Date(dueMs).toISOString(), kind, subject, schedule: describes });
  output.summary({ turns: turns.length });
}

function countOf(given: string | undefined): number {
  if (given === undefined) return TURNS_DEFAULT;
  const count = Number(given);
  if (/^\d+$/.test(given) && count >= 1 && count <= TURNS_MAX) return count;
  throw new AppError('usage', { detail: `--count is not from 1 to ${TURNS_MAX}: ${given}` });
}

/** Absolute, and of one line: a line of a crontab has no way to say another. */
function plainPath(path: string): string {
  if (!/[\n\r\0]/.test(path)) return resolve(path);
  throw new AppError('usage', { detail: 'a path holds a line break' });
}

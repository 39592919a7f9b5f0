import { readFile } from 'node:fs/promises';
import { formatBytes } from '../base/bytes.ts';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import type { Run, RunQuery, RunStatus } from '../ledger.ts';
import { showActions } from './actions-shown.ts';
import type { Context } from './context.ts';
import { choice, flag, text, whole } from './options.ts';
import { describeRun, runFields } from './run-text.ts';
import { defineCommand } from './spec.ts';
import { formatDuration, formatTime } from './time.ts';
import { openWorld } from './world.ts';

const KINDS = ['backup', 'verify', 'prune', 'shelf', 'fencing'] as const;
const RUNS_SHOWN = 30;
/** What needs a person's eye. */
const BAD: readonly RunStatus[] = ['failed', 'incomplete', 'interrupted', 'lost'];

export const command = defineCommand({
  description:
    'Lists runs from the ledger, the newest first: when, how long, what came of it. With --log it prints the log of one ' +
    'run. A run that was unusual is held: its snapshot stays and is not promoted, until --release says that it is right or ' +
    '--reject that it is not.',
  examples: [
    { line: 'history', does: 'the last runs' },
    { line: 'history etc --bad', does: 'what went wrong with the plan etc' },
    { line: 'history --log 42', does: 'read the log of run 42' },
    { line: 'history --actions', does: 'takeovers and other actions on clusters, and what was known before each' },
    { line: 'history --release 42', does: 'the unusual run 42 is right: count it as good' },
    {
      line: 'history --reject 42',
      does: 'it is wrong: what was made from then on until now counts for less, and may go',
    },
  ],
  arguments: [{ usage: '[plan...]', description: 'Only of these plans, vaults or clusters' }],
  options: {
    kind: choice(['all', ...KINDS], 'Only runs of this kind', { fallback: 'all' }),
    bad: flag('Only runs that did not succeed'),
    latest: whole('n', `The newest n; ${RUNS_SHOWN} when not given`, { min: 1 }),
    log: text('run', 'Print the log of this run'),
    release: text('run', 'This unusual run is right: take the hold from it'),
    reject: text('run', 'This unusual run is wrong: its point may go'),
    actions: flag('What people did to clusters, instead of runs'),
  },
  async run(context, subjects, options) {
    const judged = options.release ?? options.reject;
    if (options.release !== undefined && options.reject !== undefined)
      throw new AppError('usage', { detail: '--release and --reject exclude each other', hint: 'Give one of them.' });
    await using opened = await openWorld(context, { readOnly: judged === undefined });
    const { ledger } = opened.world;
    if (options.log !== undefined) return await printLog(context, runOf(ledger, options.log));
    if (judged !== undefined)
      return settle(context, opened.world, { run: runOf(ledger, judged), isWrong: options.reject !== undefined });
    const limit = options.latest ?? RUNS_SHOWN;
    if (options.actions) return showActions(context, ledger.actions({ limit }));
    const query: RunQuery = {
      limit,
      ...(options.kind === 'all' ? {} : { kind: options.kind }),
      ...(options.bad ? { statuses: BAD } : {}),
    };
    const runs =
      subjects.length === 0
        ? ledger.runs(query)
        : subjects.flatMap((subject) => ledger.runs({ ...query, subject })).sort((a, b) => b.id - a.id);
    show(context, runs.slice(0, limit));
    context.output.summary({ runs: runs.length });
    return undefined;
  },
});

type World = Awaited<ReturnType<typeof openWorld>>['world'];

/** @throws {AppError} `usage`, `run-missing` */
function runOf(ledger: World['ledger'], given: string): Run {
  if (!/^\d{1,15}$/.test(given)) throw new AppError('usage', { detail: `not the number of a run: ${given}` });
  const run = ledger.run(Number(given));
  if (run === undefined) throw new AppError('run-missing', { detail: given });
  return run;
}

function show({ output }: Context, runs: readonly Run[]): void {
  if (runs.length === 0) output.line('Nothing has run yet.');
  else
    output.table(
      [
        { title: 'Run', align: 'right' },
        { title: 'Started' },
        { title: 'Kind' },
        { title: 'Of', flexible: 'start' },
        { title: 'Status' },
        { title: 'Took', align: 'right' },
        { title: 'Stored', align: 'right' },
        { title: 'What happened', flexible: 'start' },
      ],
      runs.map((run) => [
        String(run.id),
        formatTime(run.startedMs),
        run.kind,
        run.subject,
        run.status,
        run.endedMs === undefined ? '' : formatDuration(run.endedMs - run.startedMs),
        run.figures.bytesStored === undefined ? '' : formatBytes(run.figures.bytesStored),
        [run.errorText, ...run.notes].filter((each) => each).join('; '),
      ]),
    );
  for (const run of runs) output.record('run', runFields(run));
}

/** @throws {AppError} `run-missing` when the log is gone: logs are kept for a time only */
async function printLog({ output }: Context, run: Run): Promise<undefined> {
  if (run.logFile === undefined) throw new AppError('run-missing', { detail: `run ${run.id} has no log` });
  let content: string;
  try {
    content = await readFile(run.logFile, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('run-missing', { detail: textOf(error), hint: 'Logs are kept for daemon.logDays.' });
  }
  output.line(describeRun(run));
  // The last line is cut off when the process was killed while it wrote.
  const lines = content.split('\n').slice(0, -1);
  for (const line of lines) {
    const { time, level, text: said } = JSON.parse(line) as { time: string; level: string; text: string };
    output.line(`${formatTime(Date.parse(time))} ${level === 'info' ? '' : `${level}: `}${said}`);
    output.record('line', { time, level, text: said });
  }
  output.summary({ lines: lines.length });
  return undefined;
}

function settle(
  { output, clock }: Context,
  { ledger, identity }: World,
  { run, isWrong }: { run: Run; isWrong: boolean },
): undefined {
  const by = identity.username || `uid ${identity.uid}`;
  if (isWrong) ledger.reject(run.id, by, clock.nowMs());
  else ledger.release(run.id, by, clock.nowMs());
  output.line(
    isWrong
      ? `Run ${run.id} of ${run.subject} is rejected: its point, and those made after it until now, count for less and may go.`
      : `Run ${run.id} of ${run.subject} is released: its point counts as good from now on, and so do those after it.`,
  );
  const others = ledger
    .holds(run.subject)
    .flatMap(({ runId, releasedMs }) => (releasedMs === undefined ? [runId] : []));
  for (const other of new Set(others)) output.line(`Run ${other} of ${run.subject} is still held.`);
  output.summary({ [isWrong ? 'rejected' : 'released']: run.id, still_held: [...new Set(others)] });
  return undefined;
}

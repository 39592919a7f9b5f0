import type { shelfRuns } from '../daemon.ts';
import { days } from '../shelf.ts';
import type { Context } from './context.ts';
import { chosenShelf, dayOf, SHELF_OPTIONS, type ShelfCall, type ShelfValues, todayOf } from './shelf-call.ts';
import { openCall } from './shelf-open.ts';
import { readSteps, SHELF_STEPS, type ShelfStep } from './shelf-steps.ts';
import { defineCommand } from './spec.ts';

type Step = (call: ShelfCall) => Promise<'incomplete' | undefined>;

const STEPS: Readonly<Record<ShelfStep, () => Promise<Step>>> = {
  ls: async () => (await import('./shelf-ls.ts')).listStep,
  put: async () => (await import('./shelf-put.ts')).putStep,
  check: async () => (await import('./shelf-check.ts')).checkStep,
  transfer: async () => (await import('./shelf-transfer.ts')).transferStep,
  purge: async () => (await import('./shelf-purge.ts')).purgeStep,
  extract: async () => (await import('./shelf-unpack.ts')).extractStep,
  examine: async () => (await import('./shelf-unpack.ts')).examineStep,
};

export const command = defineCommand({
  description:
    'Looks after dated archives with sidecar digests, made by others or by put. Commands come first, any number of them, ' +
    'then the shelf, which need not be named when there is one only; they are done in order, and the first that fails ends ' +
    'it. ls lists; check reads every archive back; transfer copies over ssh what the target lacks of what purge would keep there; purge removes all but the ' +
    'last of each item at the target; extract takes members out; examine queries a database inside; put makes an archive.',
  examples: [
    { line: 'shelf check transfer purge dayabay', does: 'check here, copy what is new, then make room at the target' },
    {
      line: 'shelf check transfer purge --day today --notify dayabay',
      does: 'the same from cron, and tell the notification targets when anything fails',
    },
    { line: 'shelf ls --target dayabay', does: 'list the copy, with the days that are missing' },
    { line: 'shelf check --day today dayabay', does: "expect and check today's archives" },
    { line: 'shelf extract --item tracs/dybsvn --day -1 --to /srv/out dayabay', does: "unpack yesterday's archive" },
    {
      line: 'shelf examine --item tracs/dybsvn --query bitten-builds dayabay',
      does: 'last builds, from inside the newest',
    },
    { line: 'shelf put --item db/cmdaemon dumps -- mysqldump --single-transaction cmdaemon', does: 'archive a dump' },
  ],
  arguments: [
    { usage: '<command...>', description: `${SHELF_STEPS.join(', ')}; then the shelf`, choices: SHELF_STEPS },
  ],
  options: SHELF_OPTIONS,
  run: (context, words, values) => runSteps(context, words, values),
});

async function runSteps(
  context: Context,
  words: readonly string[],
  values: ShelfValues,
): Promise<'incomplete' | undefined> {
  const request = readSteps(words);
  const call = await openCall(context, request, values);
  if (!values.notify || values.dryRun) return await performSteps(call, request.steps);
  const called = { shelf: call.name, scope: scopeOf(call, request.steps), signal: context.signal };
  const [{ shelfRuns }, { openWorld }] = await Promise.all([import('../daemon.ts'), import('./world.ts')]);
  await using opened = await openWorld(context, { readOnly: false });
  return await shelfRuns.recordShelfRun(opened.world, called, (log) => {
    call.log = log;
    return performSteps(call, request.steps);
  });
}

/** @throws {AppError} `usage` for a day or an item that is none */
function scopeOf(call: ShelfCall, commands: readonly ShelfStep[]): shelfRuns.ShelfScope {
  const { values } = call;
  chosenShelf(call);
  const end = values.target ? 'target' : values.source ? 'source' : undefined;
  return { commands, end, isAll: values.all, day: dayText(call), item: values.item };
}

/** A day that is not over is `today`, however it was said. */
function dayText(call: ShelfCall): string | undefined {
  const { day: said } = call.values;
  const day = dayOf(call);
  if (said === undefined || day === undefined) return undefined;
  if (days.numberOf(day) >= days.numberOf(todayOf(call))) return 'today';
  return said.startsWith('-') ? String(Number(said)) : days.formatDay(day);
}

async function performSteps(call: ShelfCall, steps: readonly ShelfStep[]): Promise<'incomplete' | undefined> {
  const { context, values } = call;
  const { output } = context;
  let outcome: 'incomplete' | undefined;
  for (const step of steps) {
    context.signal.throwIfAborted();
    output.record('step', { step, shelf: call.name });
    if (steps.length > 1) output.note(`== ${step}`);
    call.log.line('info', `== ${step}`);
    const perform = await STEPS[step]();
    if ((await perform(call)) === 'incomplete') outcome = 'incomplete';
  }
  output.summary({ shelf: call.name, steps, dry_run: values.dryRun });
  return outcome;
}

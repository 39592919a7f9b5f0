/** The rounds of one case: each operation by every contestant in turn, on the same data, then the next operation. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { caseOf, OPERATIONS, type Operation, prepareInput } from './cases.ts';
import { type Contestant, emptyPlace, type Place } from './contestant.ts';
import { folderBytes, readAll, removeAll, settle, verifySame } from './files.ts';
import { factsOf, takeSample } from './limit/sample.ts';
import { backupSteps, checkSteps, measureRates, type Steps } from './limit.ts';
import type { CaseResult, OperationResult } from './results.ts';
import { measure, run } from './timing.ts';

export interface Plan {
  folder: string;
  scale: number;
  pairs: number;
  operations: readonly Operation[];
  contestants: Contestant[];
  say(text: string): void;
}

/**
 * Trees of so many files stay until the case is done: for minutes after a removal ext4 passes over the inodes it freed, one
 * by one, for every file that is made, and who comes next would pay for that.
 */
const FILES_KEPT_MIN = 1000;

interface Setting extends Plan {
  name: string;
  input: string;
  /** How many files the data has. */
  files: number;
  seed: string;
  isFirstRound: boolean;
}

export async function runCase(name: string, plan: Plan): Promise<CaseResult> {
  plan.say(`${name}: preparing the data`);
  removeAll(restoredIn(plan));
  const input = prepareInput(join(plan.folder, 'inputs'), name, plan.scale);
  const facts = factsOf(input);
  const sample = takeSample(input);
  const { operations } = caseOf(name);
  const wanted = operations.filter((each) => plan.operations.includes(each));
  const versions = Object.fromEntries(plan.contestants.map(({ name: who, version }) => [who, version]));
  const result: CaseResult = { ...facts, scale: plan.scale, operations: {} };
  for (let round = 1; round <= plan.pairs; round++) {
    plan.say(`${name}: round ${round} of ${plan.pairs}`);
    const rates = await measureRates(sample);
    const limits: Partial<Record<Operation, Steps>> = {
      first: backupSteps(facts, rates),
      check: checkSteps(facts, rates),
    };
    const setting = { ...plan, name, input, files: facts.files, seed: `${round}`, isFirstRound: round === 1 };
    for (const operation of neededFor(wanted)) {
      const measured = runOperation(operation, setting);
      if (!wanted.includes(operation)) continue;
      result.operations[operation] ??= { versions, rounds: [] };
      result.operations[operation].rounds.push({ ...measured, ...(limits[operation] && { limit: limits[operation] }) });
    }
    for (const contestant of plan.contestants) emptyPlace(placeOf(contestant, setting));
  }
  removeAll(restoredIn(plan));
  return result;
}

/** All others work on what the first backup leaves. */
function neededFor(wanted: readonly Operation[]): Operation[] {
  return OPERATIONS.filter((each) => each === 'first' || wanted.includes(each));
}

function runOperation(
  operation: Operation,
  setting: Setting,
): Pick<OperationResult['rounds'][number], 'measures' | 'storedBytes'> {
  if (operation === 'changed') caseOf(setting.name).change!(setting.input, setting.scale, setting.seed);
  const measures: OperationResult['rounds'][number]['measures'] = {};
  const storedBytes: Record<string, number> = {};
  for (const contestant of setting.contestants) {
    const place = placeOf(contestant, setting);
    const one = OPERATION[operation];
    measures[contestant.name] = one({ contestant, place, setting });
    storedBytes[contestant.name] = folderBytes(place.vault);
    const { seconds, memoryBytes } = measures[contestant.name]!;
    setting.say(
      `  ${operation.padEnd(9)} ${contestant.name.padEnd(8)} ${seconds.toFixed(2).padStart(8)} s ${Math.round(memoryBytes / 2 ** 20)} MiB`,
    );
  }
  return { measures, storedBytes };
}

interface Turn {
  contestant: Contestant;
  place: Place;
  setting: Setting;
}

const OPERATION: Record<Operation, (turn: Turn) => ReturnType<typeof measure>> = {
  first: (turn) => {
    emptyPlace(turn.place);
    run(turn.contestant.init(turn.place));
    return backUp(turn);
  },
  unchanged: backUp,
  changed: backUp,
  restore: ({ contestant, place, setting }) => {
    const target = join(restoredIn(setting), `${contestant.name}-${setting.seed}`);
    mkdirSync(target, { recursive: true });
    readAll(place.vault);
    settle();
    const measured = measure(contestant.restore(place, target), setting.folder);
    if (setting.isFirstRound) verifySame(setting.input, join(target, place.input));
    if (setting.files < FILES_KEPT_MIN) removeAll(target);
    return measured;
  },
  check: ({ contestant, place, setting }) => {
    readAll(place.vault);
    settle();
    return measure(contestant.check(place), setting.folder);
  },
};

function restoredIn({ folder }: Plan): string {
  return join(folder, 'restored');
}

function backUp({ contestant, place, setting }: Turn): ReturnType<typeof measure> {
  readAll(setting.input);
  settle();
  return measure(contestant.backup(place), setting.folder);
}

function placeOf({ name }: Contestant, { input, folder }: Setting): Place {
  return {
    folder: dirname(input),
    input: input.slice(dirname(input).length + 1),
    vault: join(folder, 'vaults', name),
    home: join(folder, 'homes', name),
  };
}

/**
 * What other processes do to a ledger: `ledger-program.ts COMMAND DIRECTORY NAME`. Prints a line for each thing when the
 * ledger has said that it is done, by a write that has ended before the next thing begins.
 */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode } from '../../src/base/errors.ts';
import { processIdentity } from '../../src/host.ts';
import { type Ledger, type NewRun, openLedger } from '../../src/ledger.ts';

/** Packs in a batch of `write`. */
const BATCH_PACKS = 20;
/** Times of the schedule that `race` runs for. */
const RACE_TIMES = 40;

const COMMANDS: Record<string, (directory: string, name: string) => Promise<void>> = { write, race, churn, hold, look };

const [command = '', directory = '', name = ''] = process.argv.slice(2);
await COMMANDS[command]!(directory, name);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function newRun(subject: string, dueMs: number | undefined): NewRun {
  const common = { kind: 'backup', trigger: 'schedule', startedMs: 1, logFile: undefined } as const;
  return { ...common, subject, dueMs, process: processIdentity() };
}

/** Runs and batches of packs until it is killed. */
async function write(directory: string, name: string): Promise<void> {
  using ledger = await openLedger({ directory });
  ledger.sweepLost(() => false, 1);
  for (let round = 1; ; round++) {
    const { id } = ledger.beginRun(newRun(name, undefined));
    say(`begun ${id}`);
    ledger.markVerified(name, packsOf(round), round);
    say(`marked ${round * BATCH_PACKS}`);
    const { sequence } = ledger.endRun(id, { status: 'success', endedMs: 2, snapshotId: `${name} ${round}` });
    say(`ended ${id} ${sequence}`);
    ledger.settle('backup', name, round);
    say(`settled ${round}`);
  }
}

function packsOf(round: number): string[] {
  const first = (round - 1) * BATCH_PACKS;
  return Array.from({ length: BATCH_PACKS }, (_, index) => (first + index).toString(16).padStart(64, '0'));
}

/** Tries to be the one that runs `etc` at each time. */
async function race(directory: string): Promise<void> {
  using ledger = await openLedger({ directory });
  say('ready');
  for (let dueMs = 1; dueMs <= RACE_TIMES; dueMs++) await raceFor(ledger, dueMs);
}

async function raceFor(ledger: Ledger, dueMs: number): Promise<void> {
  for (;;) {
    try {
      const { id } = ledger.beginRun(newRun('etc', dueMs));
      const { sequence } = ledger.endRun(id, { status: 'success', endedMs: 2, snapshotId: `snapshot ${dueMs}` });
      say(`won ${dueMs} ${sequence}`);
      return;
    } catch (error) {
      if (hasCode(error, 'run-exists')) return;
      if (!hasCode(error, 'plan-busy')) throw error;
      await wait(1);
    }
  }
}

/** Opens, writes and closes, so that the log comes and goes. */
async function churn(directory: string, name: string): Promise<void> {
  for (let round = 1; round <= 30; round++) {
    using ledger = await openLedger({ directory });
    ledger.noteSent({ target: name, key: 'churn', sentMs: round, isDelivered: true });
    using reader = await openLedger({ directory, readOnly: true });
    say(`sent ${reader.sent({ target: name, sinceMs: 0 }).length}`);
  }
}

/** Has a run under way until it is killed. */
async function hold(directory: string, name: string): Promise<void> {
  using ledger = await openLedger({ directory });
  say(`begun ${ledger.beginRun(newRun(name, 7)).id}`);
  await wait(60_000);
}

/** Reads what a user may read who may not write. */
async function look(directory: string): Promise<void> {
  try {
    using ledger = await openLedger({ directory, readOnly: true });
    say(`troubles ${[...ledger.troubles().keys()].join(',')}`);
  } catch (error) {
    if (!hasCode(error, 'ledger-failed')) throw error;
    say(`error ${error.message} | ${error.hint}`);
  }
}

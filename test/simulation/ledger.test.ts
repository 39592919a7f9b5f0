/** The ledger between processes, some of which are killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { isProcessAlive } from '../../src/host.ts';
import { openLedger } from '../../src/ledger.ts';
import { describePeer } from '../peers.ts';

const PROGRAM = new URL('./ledger-program.ts', import.meta.url).pathname;
const KILLS = 24;
/** Nobody, on most systems. */
const OTHER_USER = 65_534;

test('of several processes that begin the same run, exactly one does', { timeout: 60_000 }, async (t) => {
  const directory = join(temporary(t), 'state');
  // They also make the ledger, all at once.
  const racers = Array.from({ length: 4 }, () => start(t, ['race', directory, '']));
  const outputs = await Promise.all(racers.map(linesOf));
  assert.deepEqual(
    racers.map(({ exitCode }) => exitCode),
    [0, 0, 0, 0],
  );
  const won = outputs.flat().filter((line) => line.startsWith('won '));
  const times = Array.from({ length: 40 }, (_, index) => `won ${index + 1}`);
  const words = won.map((line) => line.split(' '));
  assert.deepEqual(words.map(([, due]) => `won ${due}`).sort(byNumber), times);
  const numbers = words.map(([, , sequence]) => Number(sequence)).sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  assert.deepEqual(readdirSync(directory), ['ledger.sqlite'], 'nothing is left of making it');
  using ledger = await openLedger({ directory });
  assert.equal(ledger.runs({ statuses: ['success'] }).length, 40);
});

test('processes that come and go lose nothing of each other', { timeout: 60_000 }, async (t) => {
  const directory = join(temporary(t), 'state');
  const names = ['a', 'b', 'c', 'd'];
  const outputs = await Promise.all(names.map((name) => linesOf(start(t, ['churn', directory, name]))));
  const expected = Array.from({ length: 30 }, (_, index) => `sent ${index + 1}`);
  assert.deepEqual(
    outputs,
    names.map(() => expected),
  );
  expectSound(directory);
});

test('kill -9 takes nothing of what was recorded, and leaves nothing half', { timeout: 120_000 }, async (t) => {
  // In memory, where there is one: it is the processes that die here, not the machine, and thousands of writes are quick there.
  const directory = join(temporary(t, existsSync('/dev/shm') ? '/dev/shm' : tmpdir()), 'state');
  let acknowledged = 0;
  for (let round = 0; round < KILLS; round++) {
    const name = `plan ${round}`;
    const child = start(t, ['write', directory, name]);
    const lines: string[] = [];
    const ended = readLines(child, (line) => {
      if (lines.push(line) === 5 + ((round * 67) % 200)) setTimeout(() => child.kill('SIGKILL'), round % 4);
    });
    await ended;
    assert.equal(child.signalCode, 'SIGKILL', 'it ended by itself');
    acknowledged += lines.length;
    await expectAll(directory, name, lines);
  }
  assert.ok(acknowledged > KILLS * 50, `saw only ${acknowledged} writes`);
  t.diagnostic(`${acknowledged} writes in ${KILLS} rounds`);
  expectSound(directory);
});

test('the run of a killed process is lost, and can be begun again', { timeout: 60_000 }, async (t) => {
  const directory = join(temporary(t), 'state');
  const child = start(t, ['hold', directory, 'etc']);
  await once(child.stdout!, 'data');
  using ledger = await openLedger({ directory });
  assert.deepEqual(ledger.sweepLost(isProcessAlive, 1), []);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.deepEqual(
    ledger.sweepLost(isProcessAlive, 9).map(({ status, endedMs }) => [status, endedMs]),
    [['lost', 9]],
  );
  const again = { kind: 'backup', subject: 'etc', trigger: 'retry', dueMs: 7, startedMs: 10 } as const;
  assert.equal(ledger.beginRun({ ...again, logFile: undefined, process: 'p' }).id, 2);
});

describePeer('a user who may not write', ['root'], () => {
  const unreadable = { skip: !isReadableByOthers() && 'the checkout is not readable by other users' };

  test('reads while the ledger is in use, when it is not, and after a crash', unreadable, async (t) => {
    const directory = await sharedLedger(t);
    const ledger = await openLedger({ directory });
    ledger.openTrouble('one', 1);
    assert.deepEqual(await look(t, directory), ['troubles one']);
    ledger[Symbol.dispose]();
    assert.deepEqual(await look(t, directory), ['troubles one']);
    const child = start(t, ['hold', directory, 'etc']);
    await once(child.stdout!, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.deepEqual(readdirSync(directory).length, 3, 'the log was left behind');
    assert.deepEqual(await look(t, directory), ['troubles one']);
  });

  test('is told so when nothing may be read either', unreadable, async (t) => {
    const directory = await sharedLedger(t);
    chmodSync(join(directory, 'ledger.sqlite'), 0o600);
    const hint = 'Run this as the user who owns the ledger';
    assert.match((await look(t, directory)).join('\n'), new RegExp(`^error .*EACCES.*ledger\\.sqlite.* \\| ${hint}`));
    using ledger = await openLedger({ directory });
    ledger.openTrouble('two', 1);
    assert.match(
      (await look(t, directory)).join('\n'),
      new RegExp(`^error .*ledger\\.sqlite.* \\| .*${hint.slice(4, 40)}`),
    );
    chmodSync(directory, 0o700);
    assert.match((await look(t, directory)).join('\n'), new RegExp(`^error .*EACCES.* \\| ${hint}`));
  });
});

/** What a killed child had said is there, and what it had not is there whole or not at all. */
async function expectAll(directory: string, name: string, lines: readonly string[]): Promise<void> {
  using ledger = await openLedger({ directory });
  const last = (word: string) => Number(lines.findLast((line) => line.startsWith(`${word} `))?.split(' ')[1] ?? 0);
  for (const line of lines) {
    const [word, id, sequence] = line.split(' ');
    if (word === 'begun') assert.ok(ledger.run(Number(id)), `${line} is gone`);
    if (word !== 'ended') continue;
    const run = ledger.run(Number(id))!;
    assert.deepEqual([run.status, run.sequence], ['success', Number(sequence)], `${line} is gone`);
    assert.equal(ledger.points(name).get(run.snapshotId!)?.sequence, run.sequence);
  }
  const packs = ledger.verifiedPacks(name).size;
  assert.ok(packs === last('marked') || packs === last('marked') + 20, `${packs} packs after ${last('marked')}`);
  const settled = ledger.settledUntil('backup', name) ?? 0;
  assert.ok(settled === last('settled') || settled === last('settled') + 1);
  const numbers = ledger.runs({ subject: name, statuses: ['success'] }).map(({ sequence }) => sequence);
  assert.deepEqual(
    numbers.reverse(),
    Array.from(numbers, (_, index) => index + 1),
  );
  assert.ok(ledger.runs({ subject: name, statuses: ['running'] }).length <= 1);
}

function expectSound(directory: string): void {
  const database = new DatabaseSync(join(directory, 'ledger.sqlite'));
  const result = database.prepare('PRAGMA integrity_check').get();
  database.close();
  assert.equal(result!['integrity_check'], 'ok');
}

/** A ledger that everybody may read. */
async function sharedLedger(t: TestContext): Promise<string> {
  const root = temporary(t);
  chmodSync(root, 0o755);
  const directory = join(root, 'state');
  (await openLedger({ directory }))[Symbol.dispose]();
  chmodSync(directory, 0o755);
  chmodSync(join(directory, 'ledger.sqlite'), 0o644);
  return directory;
}

async function look(t: TestContext, directory: string): Promise<string[]> {
  return await linesOf(start(t, ['look', directory, ''], { uid: OTHER_USER, gid: OTHER_USER, cwd: '/' }));
}

function isReadableByOthers(): boolean {
  let path = PROGRAM;
  for (; path !== '/'; path = join(path, '..')) if ((statSync(path).mode & 0o4) === 0) return false;
  return true;
}

function start(t: TestContext, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  await readLines(child, (line) => lines.push(line));
  return lines;
}

async function readLines(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout! })) onLine(line);
  await closed;
}

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1]);
}

function temporary(t: TestContext, parent = tmpdir()): string {
  const root = mkdtempSync(join(parent, 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RUN_LOG_BYTES_MAX } from '../base/limits.ts';
import { simulated } from '../host.ts';
import { RunLog } from './run-log.ts';

const place = mkdtempSync(join(tmpdir(), 'holdfast-run-log-'));
after(() => rmSync(place, { recursive: true }));

const OPTIONS = {
  stateDirectory: place,
  kind: 'backup',
  subject: 'etc',
  startedMs: Date.UTC(2026, 10, 21, 22, 30),
  clock: simulated.fixedClock(Date.UTC(2026, 10, 21, 22, 31)),
  clean: (text: string) => text.replaceAll('secret', '(hidden)'),
};

const linesOf = (file: string): { level: string; text: string; time: string }[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a run has a log of JSON lines of its own, without secrets, which others cannot read', () => {
  using log = new RunLog(OPTIONS);
  log.line('warning', 'the secret is out\nin two lines');
  log.conclude('error', 'failed');
  assert.match(log.file, /logs\/backup-etc\/2026-11-21T22-30-00\.000Z\.jsonl$/);
  assert.equal(statSync(log.file).mode & 0o007, 0);
  assert.deepEqual(linesOf(log.file), [
    { time: '2026-11-21T22:31:00.000Z', level: 'warning', text: 'the (hidden) is out\nin two lines' },
    { time: '2026-11-21T22:31:00.000Z', level: 'error', text: 'failed' },
  ]);
});

test('a log of millions of problems ends with how many were left out, and with what came of the run', () => {
  using log = new RunLog({ ...OPTIONS, startedMs: 1 });
  const text = 'x'.repeat(60_000);
  const count = Math.ceil(RUN_LOG_BYTES_MAX / text.length) + 10;
  for (let each = 0; each < count; each++) log.line('warning', text);
  log.conclude('error', 'failed');
  const lines = linesOf(log.file);
  assert.match(lines.at(-2)!.text, /^\d+ lines more were left out$/);
  assert.equal(lines.at(-1)!.text, 'failed');
  assert.ok(statSync(log.file).size < RUN_LOG_BYTES_MAX + 200_000);
});

test('a run that can leave no log is not begun', () => {
  const stateDirectory = join(place, 'file');
  writeFileSync(stateDirectory, '');
  assert.throws(() => new RunLog({ ...OPTIONS, stateDirectory }), { code: 'ledger-failed', message: /backup-etc/ });
});

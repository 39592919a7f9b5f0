import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { openLedger } from '../../ledger.ts';
import { examineLedger } from './ledger.ts';

async function ledgerIn(t: TestContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const ledger = await openLedger({ directory });
  for (let n = 0; n < 300; n++) ledger.openTrouble(`trouble ${n}`, n);
  ledger[Symbol.dispose]();
  return join(directory, 'ledger.sqlite');
}

test('a whole ledger is fine and stays as it is, also while others have it open', async (t) => {
  const file = await ledgerIn(t);
  const before = readFileSync(file);
  const [finding] = await examineLedger(file);
  assert.deepEqual([finding!.level, finding!.text], ['ok', 'is whole, and can be written to']);
  assert.ok(before.equals(readFileSync(file)));
  assert.deepEqual(readdirSync(join(file, '..')), ['ledger.sqlite']);
  using other = await openLedger({ file });
  other.openTrouble('another', 1);
  assert.equal((await examineLedger(file))[0]!.level, 'ok');
  other.openTrouble('and more', 1);
  assert.equal(other.troubles().size, 302);
});

test('a missing one is made by the first run, and not by us', async (t) => {
  const file = `${await ledgerIn(t)}.missing`;
  const [finding] = await examineLedger(file);
  assert.deepEqual([finding!.level, finding!.text], ['ok', 'is not there yet; the first run makes it']);
  assert.throws(() => statSync(file), { code: 'ENOENT' });
});

test('a damaged one is an error', async (t) => {
  const file = await ledgerIn(t);
  const bytes = readFileSync(file);
  bytes.fill(0xff, bytes.length - 4096);
  writeFileSync(file, bytes);
  const [finding] = await examineLedger(file);
  assert.equal(finding!.level, 'error');
  assert.match(finding!.text, /is damaged|cannot be written to/);
  assert.notEqual(finding!.remedy, '');
});

test('one that cannot be written to is an error', async (t) => {
  const file = await ledgerIn(t);
  const holder = new DatabaseSync(file);
  t.after(() => holder.close());
  // Of a user who may only read, SQLite tells the same; root may write whatever the mode.
  holder.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  chmodSync(file, 0o400);
  const [finding] = await examineLedger(file, 50);
  assert.equal(finding!.level, 'error');
  assert.match(finding!.text, /cannot be written to: .*locked/);
  assert.match(finding!.remedy, /fuser/);
});

/** The ledger on a file system without space. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { errnoOf, hasCode } from '../../src/base/errors.ts';
import { type Ledger, openLedger } from '../../src/ledger.ts';
import { describePeer } from '../peers.ts';

const SIZE_MIB = 3;

const full = (error: unknown): boolean =>
  hasCode(error, 'storage-full') && error.message.includes('ledger.sqlite') && /Free space there/.test(error.hint);

describePeer('a full disk under the ledger', ['root'], () => {
  test('refuses what does not fit and keeps the rest, until there is space again', async (t) => {
    const root = mounted(t);
    const directory = join(root, 'state');
    writeFileSync(join(root, 'filler'), Buffer.alloc(1024 * 1024));
    const ledger = await openLedger({ directory });
    let batches = 0;
    assert.throws(() => {
      for (; batches < 1000; batches++) ledger.markVerified('local', packsOf(batches), batches);
    }, full);
    assert.ok(batches > 0, 'not even one batch did fit');
    assert.equal(ledger.verifiedPacks('local').size, batches * 500, 'a batch is there in part');
    assert.throws(() => ledger.markVerified('local', packsOf(batches), 1), full);
    ledger[Symbol.dispose]();

    using again = await openLedger({ directory });
    assert.equal(again.verifiedPacks('local').size, batches * 500);
    rmSync(join(root, 'filler'));
    again.markVerified('local', packsOf(batches), 1);
    assert.equal(again.verifiedPacks('local').size, (batches + 1) * 500);
    again[Symbol.dispose]();
    expectSound(directory);
  });

  test('that others filled: every change is refused, reading goes on, and freed space is used', async (t) => {
    const root = mounted(t);
    const directory = join(root, 'state');
    using ledger = await openLedger({ directory });
    ledger.openTrouble('before', 1);
    fill(root);
    assert.throws(() => writeUntilRefused(ledger), full);
    assert.deepEqual(ledger.troubles().get('before'), 1);
    const written = ledger.troubles().size;
    rmSync(join(root, 'filler'));
    ledger.openTrouble('after', 2);
    assert.equal(ledger.troubles().size, written + 1);
    ledger[Symbol.dispose]();
    expectSound(directory);
  });

  test('lets no ledger be made or opened in part', async (t) => {
    const root = mounted(t);
    const [made, missing] = [join(root, 'made'), join(root, 'missing')];
    (await openLedger({ directory: made }))[Symbol.dispose]();
    mkdirSync(missing);
    fill(root);
    await assert.rejects(openLedger({ directory: missing }), full);
    assert.deepEqual(readdirSync(missing), []);
    await assert.rejects(openLedger({ directory: made }), full);
    rmSync(join(root, 'filler'));
    for (const directory of [made, missing]) {
      using ledger = await openLedger({ directory });
      ledger.openTrouble('x', 1);
      assert.equal(ledger.troubles().size, 1);
    }
  });
});

function packsOf(batch: number): string[] {
  return Array.from({ length: 500 }, (_, index) => (batch * 500 + index).toString(16).padStart(64, '0'));
}

/** What the log has already taken from the disk is used up first. */
function writeUntilRefused(ledger: Ledger): void {
  for (let round = 0; round < 5000; round++) ledger.openTrouble(`${round} ${'x'.repeat(2000)}`, 1);
}

function expectSound(directory: string): void {
  const database = new DatabaseSync(join(directory, 'ledger.sqlite'));
  const result = database.prepare('PRAGMA integrity_check').get();
  database.close();
  assert.equal(result!['integrity_check'], 'ok');
}

function fill(root: string): void {
  for (const bytes of [64 * 1024, 4096]) {
    try {
      for (;;) writeFileSync(join(root, 'filler'), Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC') throw error;
    }
  }
}

function mounted(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'holdfast-test', root]);
  t.after(() => {
    execFileSync('umount', [root]);
    rmSync(root, { recursive: true });
  });
  return root;
}

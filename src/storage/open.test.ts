import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../base/errors.ts';
import { listed, sampleFile } from './contract.ts';
import { openStorage } from './open.ts';

test('paths, with and without local:, are local directories', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true }));
  const { ref, bytes } = sampleFile('pack', 100);
  const first = openStorage(root);
  await first.create();
  await first.save(ref, bytes);
  const second = openStorage(`local:${root}`, { connections: 7 });
  assert.equal(second.connections, 7);
  assert.equal(second.url, root);
  assert.deepEqual(await listed(second, 'pack'), [{ name: ref.name, size: 100 }]);
  assert.equal(openStorage('./odd:name').url, join(process.cwd(), 'odd:name'));
});

test('other kinds of storage are named as missing, without what may be secret', () => {
  const refusal = (url: string, text: RegExp): void => {
    assert.throws(
      () => openStorage(url),
      (error) =>
        hasCode(error, 'config') &&
        text.test(error.message) &&
        /local/.test(error.hint) &&
        !/secret/.test(String(error)),
    );
  };
  refusal('sftp:user@host:/vault', /sftp is not built in yet/);
  refusal('s3:https://key:secret@example.org/bucket', /s3 is not built in yet/);
  refusal('rest:https://user:secret@example.org/', /rest is not built in yet/);
  refusal('https://user:secret@example.org/', /no storage of kind https/);
  refusal('', /empty/);
  refusal('local:', /empty/);
});

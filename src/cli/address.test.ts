import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveVaultUrl } from './address.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

test('the option counts before our variable, and that before those of restic', async () => {
  const file = join(directory, 'url');
  writeFileSync(file, 'sftp:host:/v\n');
  const restic = { RESTIC_REPOSITORY: '/restic' };
  assert.equal(await resolveVaultUrl('/given', { HOLDFAST_VAULT: '/ours', ...restic }), '/given');
  assert.equal(await resolveVaultUrl(undefined, { HOLDFAST_VAULT: '/ours', ...restic }), '/ours');
  assert.equal(await resolveVaultUrl(undefined, { HOLDFAST_VAULT: '', ...restic }), '/restic');
  assert.equal(await resolveVaultUrl(undefined, { RESTIC_REPOSITORY_FILE: file }), 'sftp:host:/v');
});

test('nothing, too much, and files that say nothing are wrong usage', async () => {
  const empty = join(directory, 'empty');
  writeFileSync(empty, ' \n');
  const cases: [Record<string, string>, RegExp][] = [
    [{}, /no vault given/],
    [{ RESTIC_REPOSITORY: 'a', RESTIC_REPOSITORY_FILE: 'b' }, /both set/],
    [{ RESTIC_REPOSITORY_FILE: '/nonexistent/url' }, /ENOENT/],
    [{ RESTIC_REPOSITORY_FILE: empty }, /holds no address/],
  ];
  for (const [environment, message] of cases)
    await assert.rejects(resolveVaultUrl(undefined, environment), { code: 'usage', message });
});

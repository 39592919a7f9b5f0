/** The scripts against this machine's own shell and tools, in a folder of their own. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemProcesses } from '../../host.ts';
import type { WantedFile } from './model.ts';
import { writeFile } from './target.ts';

const here = { name: 'n1', processes: systemProcesses };

describe('a file on the node', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-target-')));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const kept = join(folder, 'kept');
  const content = Buffer.from([0, 10, 255, 13, 0]);
  const wanted = (path: string): WantedFile => ({
    path,
    content,
    mode: 0o400,
    user: 'UNKNOWN',
    group: 'UNKNOWN',
    uid: process.getuid!(),
    gid: process.getgid!(),
    from: 'the backup',
    now: 'different',
  });

  it('appears whole, with its rights, and what was there is kept once', async () => {
    const path = join(folder, 'etc/corosync', "auth'key");
    await writeFile(here, wanted(path), kept);
    assert.deepEqual(readFileSync(path), content);
    assert.equal(statSync(path).mode & 0o777, 0o400);
    assert.equal(existsSync(kept), false, 'there was nothing to keep');
    chmodSync(path, 0o600);
    writeFileSync(path, 'what was there');
    for (let times = 0; times < 2; times++) await writeFile(here, wanted(path), kept);
    assert.equal(readFileSync(join(kept, path), 'utf8'), 'what was there');
    assert.equal(statSync(kept).mode & 0o077, 0, 'keys are nobody else’s');
    assert.deepEqual(readdirSync(join(folder, 'etc/corosync')), ["auth'key"], 'nothing else is left');
  });

  it('replaces a link and never what it leads to, and goes through no folder that is one', async () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'passwd'), 'untouched');
    const path = join(folder, 'link');
    symlinkSync(join(elsewhere, 'passwd'), path);
    await writeFile(here, wanted(path), kept);
    assert.deepEqual(readFileSync(path), content);
    symlinkSync(elsewhere, join(folder, 'etc/ha.d'));
    await assert.rejects(writeFile(here, wanted(join(folder, 'etc/ha.d/passwd')), kept), { code: 'target-unsafe' });
    assert.equal(readFileSync(join(elsewhere, 'passwd'), 'utf8'), 'untouched');
    assert.deepEqual(readdirSync(elsewhere), ['passwd']);
  });

  it('is not there when it cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'below');
    await assert.rejects(writeFile(here, wanted(path), kept), {
      code: 'failed',
      message: /below on n1 was not written/,
    });
  });
});

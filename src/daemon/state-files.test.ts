import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lockStateDirectory } from './lock.ts';
import { removeLogs } from './old-logs.ts';
import { replaceFile } from './whole-file.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

describe('lock of the state directory', () => {
  it('is held by one daemon at a time, which is named', () => {
    const stateDirectory = join(directory, 'new', 'state');
    const first = lockStateDirectory({ stateDirectory, holder: 'process 1 on head1' });
    assert.equal(statSync(stateDirectory).mode & 0o777, 0o700);
    const again = () => lockStateDirectory({ stateDirectory, holder: 'process 2' });
    assert.throws(again, { code: 'failed', message: /process 1 on head1/ });
    first[Symbol.dispose]();
    again()[Symbol.dispose]();
    assert.equal(readFileSync(join(stateDirectory, 'daemon.lock'), 'utf8'), 'process 2\n');
  });

  it('is free once its holder was killed', async () => {
    const stateDirectory = join(directory, 'killed');
    const lock = JSON.stringify(new URL('./lock.ts', import.meta.url).href);
    const program = `const { lockStateDirectory } = await import(${lock});
      globalThis.kept = lockStateDirectory({ stateDirectory: ${JSON.stringify(stateDirectory)}, holder: 'child' });
      console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const again = () => lockStateDirectory({ stateDirectory, holder: 'second' });
    assert.throws(again, /child/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    again()[Symbol.dispose]();
  });

  it('says when the directory cannot be used', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    assert.throws(() => lockStateDirectory({ stateDirectory: file, holder: 'x' }), { code: 'ledger-failed' });
  });
});

describe('textfile', () => {
  it('is replaced in one step, readable by the collector, with nothing left beside it', async () => {
    const place = join(directory, 'text');
    mkdirSync(place);
    const file = join(place, 'holdfast.prom');
    await replaceFile(file, 'one 1\n', '');
    const before = statSync(file).ino;
    await replaceFile(file, 'two 2\n', '');
    assert.notEqual(statSync(file).ino, before);
    assert.deepEqual(
      [readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(place)],
      ['two 2\n', 0o644, ['holdfast.prom']],
    );
  });

  it('stays as it was when it cannot be written, and says why', async () => {
    const missing = join(directory, 'missing', 'holdfast.prom');
    await assert.rejects(replaceFile(missing, 'x', ''), { code: 'failed', message: /missing\/holdfast\.prom/ });
    const full = replaceFile('/dev/full/x.prom', 'x', '');
    await assert.rejects(full, { code: 'failed' });
  });
});

describe('old logs', () => {
  it('are removed below the directory of logs, and nothing else', async () => {
    const logs = join(directory, 'logs', 'backup-etc');
    mkdirSync(logs, { recursive: true });
    const [inside, outside] = [join(logs, 'a.jsonl'), join(directory, 'outside')];
    for (const file of [inside, outside]) writeFileSync(file, '');
    await removeLogs(directory, [
      inside,
      outside,
      join(directory, 'logs/../outside'),
      join(logs, 'gone.jsonl'),
      join(directory, 'logs'),
    ]);
    assert.deepEqual([existsSync(inside), existsSync(outside)], [false, true]);
  });

  it('that cannot be removed are told, after all others', async () => {
    const logs = join(directory, 'logs');
    mkdirSync(join(logs, 'folder.jsonl'), { recursive: true });
    writeFileSync(join(logs, 'b.jsonl'), '');
    await assert.rejects(removeLogs(directory, [join(logs, 'folder.jsonl'), join(logs, 'b.jsonl')]), {
      code: 'failed',
    });
    assert.ok(!existsSync(join(logs, 'b.jsonl')));
    assert.equal(execFileSync('ls', [logs], { encoding: 'utf8' }).includes('folder.jsonl'), true);
  });
});

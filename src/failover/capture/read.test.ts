/** The script against this machine's own shell and tools. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CONFIGURATION_FILE_BYTES_MAX } from '../../base/cluster-limits.ts';
import { simulated, systemProcesses } from '../../host.ts';
import { digestOf, readNodeFiles } from './read.ts';

const here = { name: 'n1', processes: systemProcesses };
const options = { timeLimitMs: 20_000 };

describe("reading a node's files", () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-capture-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(at('in'));
  const key = Buffer.from([0, 10, 13, 255, 32, 0, 10]);
  writeFileSync(at('key'), key);
  chmodSync(at('key'), 0o400);
  writeFileSync(at('in', "it's a $(name)\nof two lines"), '');
  writeFileSync(at('in', '.hidden'), 'h');
  mkdirSync(at('in', 'below'));
  writeFileSync(at('in', 'below', 'deeper'), 'not read');
  symlinkSync(at('key'), at('in', 'link'));
  symlinkSync(at('none'), at('in', 'dangling'));
  writeFileSync(at('large'), Buffer.alloc(CONFIGURATION_FILE_BYTES_MAX + 1));

  it('takes every byte, whatever a file is called, and its rights', async () => {
    const paths = [at('key'), `${at('in')}/`, at('large'), at('none'), `${at('gone')}/`, '/no/such/folder/file'];
    const { name, files, absent, unreadable } = await readNodeFiles(here, paths, options);
    assert.match(name, /^\S+$/);
    const found = new Map(files.map((file) => [file.path.slice(folder.length), file]));
    assert.deepEqual([...found.keys()].sort(), ['/in/.hidden', "/in/it's a $(name)\nof two lines", '/in/link', '/key']);
    assert.deepEqual(found.get('/key')!.bytes, key);
    assert.deepEqual(found.get('/in/link')!.bytes, key, 'links are followed');
    const { mode, uid, user } = found.get('/key')!;
    assert.deepEqual([mode, uid], [0o400, process.getuid!()]);
    assert.ok(user.length > 0);
    assert.deepEqual(absent, [at('none'), `${at('gone')}/`, '/no/such/folder/file']);
    assert.deepEqual(unreadable.map(({ path }) => path).sort(), [at('in', 'dangling'), at('large')].sort());
  });

  it('believes nothing but what was asked for', async () => {
    const told = (output: string) =>
      readNodeFiles({ name: 'n1', processes: simulated.scriptedProcesses(() => ({ output })) }, ['/x'], options);
    const coded = (text: string): string => Buffer.from(text).toString('base64');
    const file = (size: number): string => `file ${coded('/x')} 400 0 0 root root 0 ${size} ${coded('abc')}\n`;
    assert.equal((await told(`name n1\n${file(3)}end\n`)).files[0]!.bytes.toString(), 'abc');
    const wrong = [
      '',
      'name n1\n',
      `Welcome!\nname n1\n${file(3)}end\n`,
      `name n1\n${file(4)}end\n`,
      'name n1\nhm eA==\nend\n',
    ];
    for (const output of wrong) await assert.rejects(told(output), { code: 'command-failed' }, output);
  });

  it('digests as sha256sum does', () => {
    assert.equal(digestOf(Buffer.from('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { describePeer } from '../../test/peers.ts';
import { startSshd } from '../../test/sshd.ts';
import { hasCode } from '../base/errors.ts';
import type { Context } from './context.ts';
import { command } from './ha-lint.ts';
import { Output } from './output.ts';

const PAIR = new URL('../../test/fixtures/heartbeat/oss-pair', import.meta.url).pathname;
const SOUND = new URL('../../test/scenarios/failover/lint-sound', import.meta.url).pathname;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-lint-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Told {
  text: string;
  code: string | undefined;
  message: string;
}

/** The command with these words; its error, if any, beside what it printed. */
async function run(
  words: readonly string[],
  { json = false, configFile = join(root, 'none.yaml') } = {},
): Promise<Told> {
  const chunks: string[] = [];
  const sink = {
    write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
      chunks.push(chunk.toString());
      if (done !== undefined) queueMicrotask(() => done());
      return true;
    },
  };
  const still = { colour: false, quiet: false, verbosity: 1, showsProgress: false, writesBytes: false };
  const output = new Output({ ...still, json, stdout: sink, stderr: sink, elapsedMs: () => 0, onLost: () => {} });
  const context = { output, configFile, environment: {}, signal: new AbortController().signal } as unknown as Context;
  const failure = await command.run(context, words, {}).then(
    () => undefined,
    (error: unknown) => error,
  );
  await output.close();
  if (failure !== undefined && !hasCode(failure, 'failed', 'usage', 'config')) throw failure;
  return { text: chunks.join(''), code: failure?.code, message: failure?.message ?? '' };
}

function copy(from: string, name: string): string {
  const folder = join(root, name);
  cpSync(from, folder, { recursive: true });
  chmodSync(join(folder, 'authkeys'), 0o600);
  chmodSync(join(folder, 'ha.cf'), 0o600);
  return folder;
}

describe('ha lint', () => {
  it('groups what is wrong by file, with place, level, code and remedy', async () => {
    const folder = copy(PAIR, 'oss01');
    const { text, code, message } = await run([folder]);
    assert.equal(code, 'failed');
    assert.match(message, /\d+ errors? and \d+ warnings?/);
    const [head, first, remedy] = text.slice(text.indexOf(`${folder}/authkeys`)).split('\n');
    assert.equal(head, `${folder}/authkeys`);
    assert.match(first!, /^ {2}✘ error 2:1 key 1 is one of those .* \(key-guessable\)$/);
    assert.match(remedy!, /^ {6}Make a random one/);
    assert.match(text, /! warning 16:1 initdead 120 leaves/);
    assert.doesNotMatch(text, /changeme|SuperSecret/);
  });

  it('is content with a sound pair, and says what it could not look at', async () => {
    const { text, code } = await run([copy(SOUND, 'one'), copy(SOUND, 'two')]);
    assert.equal(code, undefined);
    assert.match(text, /not examined for/);
    assert.match(text, /Nothing is wrong in what was examined\.\n$/);
  });

  it('compares the folders it is given', async () => {
    const two = copy(SOUND, 'two');
    writeFileSync(join(two, 'haresources'), 'oss01 Filesystem::/dev/sdb::/mnt::ext4\n');
    const { text, code } = await run([copy(SOUND, 'one'), two]);
    assert.equal(code, 'failed');
    assert.match(text, /\(files-differ\)/);
  });

  it('takes single files, those of a folder together, and asks for no others', async () => {
    const folder = copy(SOUND, 'one');
    const { text } = await run([join(folder, 'haresources'), join(folder, 'ha.cf')], { json: true });
    const records = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(records.at(-1), {
      message_type: 'summary',
      nodes: 1,
      unreachable: 0,
      errors: 0,
      warnings: 0,
      notes: records.length - 1,
    });
    assert.match(text, /not examined for .*authkeys/);
    assert.doesNotMatch(text, /file-absent/);
  });

  it('takes a copy of a whole system', async () => {
    mkdirSync(join(root, 'tree/etc'), { recursive: true });
    copy(SOUND, 'tree/etc/ha.d');
    writeFileSync(join(root, 'tree/etc/hostname'), 'oss07\n');
    writeFileSync(join(root, 'tree/etc/fstab'), '/dev/md1 /mnt/ost01 lustre defaults\n');
    const { text } = await run([join(root, 'tree')]);
    assert.match(text, /\(node-name\)/);
    assert.match(text, /\(fstab-mount\)/);
  });

  it('gives programs a line for each', async () => {
    const { text } = await run([copy(PAIR, 'oss01')], { json: true });
    const records = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = records.find(({ code }) => code === 'key-guessable');
    assert.deepEqual(Object.keys(found), ['message_type', 'code', 'level', 'file', 'line', 'column', 'text', 'remedy']);
    assert.ok(records.at(-1).errors > 0);
  });

  it('refuses a path that is not there and a file that is none of the three', async () => {
    assert.equal((await run([join(root, 'nowhere')])).code, 'usage');
    writeFileSync(join(root, 'x.conf'), '');
    assert.match((await run([join(root, 'x.conf')])).message, /none of ha\.cf/);
  });

  it('does not take the word of an option of ssh for a host', async () => {
    const { code, message, text } = await run(['-oProxyCommand=touch x']);
    assert.ok(code !== undefined, message + text);
    assert.doesNotMatch(text, /Nothing is wrong/);
  });
});

describePeer('ha lint over ssh', ['sshd'], () => {
  it('reads hosts of the configuration, and names the one that does not answer', async () => {
    await using sshd = await startSshd();
    const { address, user, port, identityFile, knownHostsFile } = sshd.address();
    const host = (own: number): string =>
      `{ address: ${address}, user: ${user}, port: ${own}, identityFile: ${identityFile}, knownHostsFile: ${knownHostsFile}, configFile: ${join(root, 'ssh_config')}, connectTimeout: 5s }`;
    writeFileSync(join(root, 'ssh_config'), '');
    const configFile = join(root, 'holdfast.yaml');
    writeFileSync(configFile, `hosts:\n  oss01: ${host(port!)}\n  oss02: ${host(1)}\n`);
    const { text, code, message } = await run(['oss01', 'oss02'], { configFile });
    assert.equal(code, 'failed', message);
    assert.match(text, /oss02 was not examined: a host could not be reached/);
    assert.match(text, /^oss01:\/etc\/ha\.d\//m);
  });
});

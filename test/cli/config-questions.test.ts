/** `config init` with somebody at the keyboard. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runProgram } from '../../src/cli.ts';
import { loadConfig } from '../../src/config.ts';
import { systemClock } from '../../src/host.ts';
import { folderOf } from '../configurations.ts';

/** Types `answers` one after the other, each when a question stands on the screen. */
async function converse(folder: string, answers: readonly string[]): Promise<{ status: number; screen: string }> {
  const left = [...answers];
  let screen = '';
  const keyboard = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: () => {},
    resume: () => {},
    pause: () => {},
    async *[Symbol.asyncIterator]() {},
  });
  const sink = {
    isTTY: true,
    columns: 60,
    write(chunk: string | Uint8Array, written?: () => void): boolean {
      screen += String(chunk);
      if (String(chunk).endsWith(']: ') && left.length > 0)
        setImmediate(() => keyboard.emit('data', Buffer.from(left.shift()!)));
      if (written !== undefined) queueMicrotask(() => written());
      return true;
    },
  };
  const controller = new AbortController();
  const status = await runProgram({
    argv: ['-c', join(folder, 'holdfast.yaml'), 'config', 'init'],
    environment: { NO_COLOR: '1' },
    stdin: keyboard,
    stdout: sink,
    stderr: sink,
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    onHangup: () => () => {},
    version: '0.0.0',
    program: '/usr/bin/holdfast',
    loadClock: async () => systemClock,
  });
  assert.deepEqual(left, [], 'it asked less');
  return { status, screen };
}

describe('config init on a terminal', () => {
  it('asks, offers what holds otherwise, and writes what was answered', async () => {
    const folder = folderOf({});
    const { status, screen } = await converse(folder, [
      `${folder}/vauxt\x7f\x7flt\r`,
      '/etc   /root\r',
      '\r',
      'ops@example.org\r',
      'y\r',
    ]);
    assert.equal(status, 0, screen);
    for (const question of ['Where shall the vault be [/srv/vault]: ', 'When [22:30]: ', 'Write a random password'])
      assert.ok(screen.includes(question), question);
    const { config } = await loadConfig({ file: join(folder, 'holdfast.yaml'), environment: {} });
    assert.equal(config.vaults['main']!.url, `${folder}/vault`);
    assert.deepEqual(
      config.plans['nightly']!.sources.map((each) => 'files' in each && each.files),
      [['/etc', '/root']],
    );
    assert.equal(config.plans['nightly']!.schedule!.at, '22:30');
    assert.deepEqual(config.notifications.targets['admin']!.mail!.to, ['ops@example.org']);
    assert.ok(existsSync(join(folder, 'vault-password')));
  });

  it('takes no for an answer', async () => {
    const folder = folderOf({});
    const { status } = await converse(folder, ['\r', '\r', '\r', '-\r', 'n\r']);
    assert.equal(status, 0);
    assert.equal(existsSync(join(folder, 'vault-password')), false);
  });

  it('writes nothing when somebody gives up', async () => {
    const folder = folderOf({});
    const { status } = await converse(folder, ['\r', '/etc\x03']);
    assert.equal(status, 130);
    assert.equal(existsSync(join(folder, 'holdfast.yaml')), false);
  });

  it('shows of a long answer its end', async () => {
    const long = `/${'x'.repeat(100)}`;
    const { screen } = await converse(folderOf({}), [`${long}\r`, '/etc\r', '\r', '-\r', 'n\r']);
    const lines = screen.split(/\r|\n/).map((line) => line.replace('\x1b[K', ''));
    assert.ok(lines.some((line) => line.includes('…xx')));
  });
});

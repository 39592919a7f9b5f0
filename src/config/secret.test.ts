import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { folderOf } from '../../test/configurations.ts';
import { AppError } from '../base/errors.ts';
import { simulated, systemProcesses } from '../host.ts';
import type { Secret } from './parts.ts';
import { readSecret, type SecretWorld } from './secret.ts';

const signal = new AbortController().signal;
const read = (secret: Secret, world: Partial<SecretWorld> = {}): Promise<string> =>
  readSecret(secret, { environment: {}, processes: systemProcesses, signal, ...world });

/** Nothing of a secret or of arguments may be in an error. */
async function refused(secret: Secret, message: RegExp, world: Partial<SecretWorld> = {}): Promise<void> {
  await assert.rejects(read(secret, world), (error: AppError) => {
    assert.equal(error.code, 'secret-missing', String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.message} ${error.hint} ${error.stack} ${String(error.cause)}`, /sesame/);
    return true;
  });
}

describe('a secret', () => {
  it('is a value as it stands', async () => {
    assert.equal(await read({ value: ' a\n' }), ' a\n');
    await refused({ value: '' }, /the value in the configuration is empty/);
  });

  it('is what a file holds, without one newline at its end', async () => {
    const folder = folderOf({
      a: 'se cret\n',
      b: 'two\n\n',
      c: '\n',
      d: '',
      e: 'windows\r\n',
      f: Uint8Array.of(0x61, 0xe9),
    });
    assert.equal(await read({ file: join(folder, 'a') }), 'se cret');
    assert.equal(await read({ file: 'a' }, { baseDirectory: folder }), 'se cret');
    assert.equal(await read({ file: join(folder, 'b') }), 'two\n');
    assert.equal(await read({ file: join(folder, 'e') }), 'windows');
    await refused({ file: join(folder, 'c') }, /the secret file .*\/c is empty/);
    await refused({ file: join(folder, 'd') }, /is empty/);
    await refused({ file: join(folder, 'f') }, /not text in UTF-8/);
    await refused({ file: join(folder, 'x') }, /\/x \(ENOENT\)/);
    await refused({ file: folder }, /EISDIR/);
  });

  it('is not more than a file of secrets holds', async () => {
    const folder = folderOf({ a: 'x'.repeat(64 * 1024), b: 'x'.repeat(64 * 1024 + 1) });
    assert.equal((await read({ file: join(folder, 'a') })).length, 64 * 1024);
    await refused({ file: join(folder, 'b') }, /larger than 65536 bytes/);
    await refused({ file: '/dev/zero' }, /larger than/);
  });

  it('is what a program prints, run without a shell', async () => {
    const timeLimit = 5000;
    assert.equal(await read({ command: ['printf', '%s\\n\\n', '$HOME; x'], timeLimit }), '$HOME; x\n');
    await refused({ command: ['true', 'sesame'], timeLimit }, /output of the secret command true is empty/);
    await refused(
      { command: ['sh', '-c', 'echo sesame; echo sesame >&2; exit 3'], timeLimit },
      /sh ended with exit code 3/,
    );
    await refused(
      { command: ['/nonexistent/pass', 'sesame'], timeLimit },
      /\/nonexistent\/pass gave nothing: a command was not found/,
    );
    await refused({ command: ['sleep', '20'], timeLimit: 50 }, /sleep gave nothing: a command took too long/);
    await refused({ command: ['head', '-c', '70000', '/dev/zero'], timeLimit }, /head gave nothing: a command failed/);
    await refused({ command: ['sh', '-c', 'kill -9 $$', 'sesame'], timeLimit }, /sh gave nothing/);
  });

  it('is asked of the program that is named, and stops with the signal', async () => {
    const processes = simulated.scriptedProcesses(({ command, args }) => ({ output: `${command} ${args.join()}` }));
    assert.equal(await read({ command: ['pass', 'show', 'vault'], timeLimit: 7 }, { processes }), 'pass show,vault');
    assert.equal(processes.calls[0]!.options.timeLimitMs, 7);
    const stopped = AbortSignal.abort(new AppError('interrupted'));
    await assert.rejects(read({ command: ['true'], timeLimit: 5000 }, { signal: stopped }), { code: 'interrupted' });
  });

  it('is a credential of systemd', async () => {
    const folder = folderOf({ vault: 'open\n' });
    const environment = { CREDENTIALS_DIRECTORY: folder };
    assert.equal(await read({ credential: 'vault' }, { environment }), 'open');
    await refused({ credential: 'other' }, /the credential other \(ENOENT\)/, { environment });
    await refused({ credential: '../etc/passwd' }, /no name of a credential/, { environment });
    await refused({ credential: '..' }, /no name of a credential/, { environment });
    await refused({ credential: 'vault' }, /no credentials here/);
    await refused({ credential: 'vault' }, /no credentials here/, {
      environment: { CREDENTIALS_DIRECTORY: 'relative' },
    });
  });
});

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type PasswordSource, passwordSources, resolvePassword } from './password.ts';
import type { Keyboard, Terminal } from './prompt.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));
const signal = new AbortController().signal;
const resolve = (...sources: PasswordSource[]) =>
  resolvePassword(sources, { terminal: undefined, question: '', signal });

test('a file gives its text without white space around it, lines inside stay', async () => {
  const cases: [Buffer, string][] = [
    [Buffer.from('secret\n'), 'secret'],
    [Buffer.from(' \tse cret\r\n\n'), 'se cret'],
    [Buffer.from('one\ntwo\n'), 'one\ntwo'],
    [Buffer.from('\u0085pässwörd\u00a0'), 'pässwörd'],
    [Buffer.from('\ufeffbom'), 'bom'],
    [Buffer.from('\ufeffwide\r\n', 'utf16le'), 'wide'],
  ];
  for (const [bytes, password] of cases) assert.equal(await resolve({ file: fileWith(bytes) }), password);
});

test('a file that is empty or cannot be read is an error that names it', async () => {
  await assert.rejects(resolve({ file: fileWith(Buffer.from(' \n')) }), {
    code: 'password-missing',
    message: /pw\d* is empty/,
  });
  await assert.rejects(resolve({ file: '/nonexistent/pw' }), {
    code: 'password-missing',
    message: /\/nonexistent\/pw \(ENOENT\)/,
  });
  await assert.rejects(resolve({ file: fileWith(Buffer.from([0x63, 0xe9])) }), { message: /not text in UTF-8/ });
});

test('a command gives its output; it is run without a shell', async () => {
  assert.equal(await resolve({ command: `printf '%s\\n' "a  b" ';ls'` }), 'a  b\n;ls');
});

test('a command that fails, is missing or prints nothing gives no password and shows no arguments', async () => {
  const cases: [string, RegExp][] = [
    ['sh -c "echo half; exit 3" sesame', /exit code 3/],
    ['/nonexistent/program sesame', /ENOENT/],
    ['true sesame', /is empty/],
    ['sh -c "kill -9 $$" sesame', /SIGKILL|exit code/],
  ];
  for (const [command, message] of cases)
    await assert.rejects(resolve({ command }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'password-missing');
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /sesame/);
      return true;
    });
});

test('given options count before ours in the environment, and ours before those of restic', async () => {
  const environment: Record<string, string> = { RESTIC_PASSWORD: 'r', RESTIC_PASSWORD_FILE: '' };
  const first = (given: PasswordSource) => resolve(...passwordSources(given, environment));
  assert.equal(await first({}), 'r');
  environment['RESTIC_PASSWORD_COMMAND'] = 'echo rc';
  assert.equal(await first({}), 'rc');
  environment['HOLDFAST_PASSWORD'] = 'h';
  assert.equal(await first({}), 'h');
  environment['HOLDFAST_PASSWORD_FILE'] = fileWith(Buffer.from('hf'));
  assert.equal(await first({}), 'hf');
  assert.equal(await first({ command: 'echo gc' }), 'gc');
  assert.equal(await first({ file: fileWith(Buffer.from('gf')) }), 'gf');
  assert.throws(() => passwordSources({ file: 'a', command: 'b' }, {}), { code: 'usage' });
});

test('without a source and without a terminal it is missing', async () => {
  await assert.rejects(resolve(...passwordSources({}, {})), { code: 'password-missing' });
});

test('on a terminal it is asked for, without echo, with corrections', async () => {
  const typed = terminal(['sx\x7fecr', 'eß\x7ft', '\r']);
  assert.equal(await ask(typed, false), 'secret');
  assert.equal(typed.shown.join(''), 'password: \n');
  assert.deepEqual(typed.rawModes, [true, false]);
  assert.equal(await ask(terminal(['wrong\x15right\n']), false), 'right');
});

test('a new password is asked for twice', async () => {
  assert.equal(await ask(terminal(['a\r', 'a\r']), true), 'a');
  await assert.rejects(ask(terminal(['a\r', 'b\r']), true), { code: 'password-wrong', message: /not the same/ });
  await assert.rejects(ask(terminal(['\r']), true), { code: 'password-missing', message: /is empty/ });
});

test('Ctrl-C, Ctrl-D and the signal give up and restore the terminal', async () => {
  for (const key of ['\x03', 'abc\x04']) {
    const typed = terminal([key]);
    await assert.rejects(ask(typed, false), { code: 'interrupted' });
    assert.deepEqual(typed.rawModes, [true, false]);
  }
  const controller = new AbortController();
  const waiting = terminal([], controller.signal);
  const asked = ask(waiting, false);
  controller.abort();
  await assert.rejects(asked, { name: 'AbortError' });
  assert.deepEqual(waiting.rawModes, [true, false]);
});

let files = 0;

function fileWith(bytes: Buffer): string {
  const path = join(directory, `pw${files++}`);
  writeFileSync(path, bytes);
  return path;
}

function ask(typed: Terminal, confirm: boolean): Promise<string> {
  return resolvePassword([], { terminal: typed, question: 'password', confirm, signal: typed.signal });
}

/** A terminal whose user types one of `keys` each time reading starts or a chunk was taken. */
function terminal(keys: string[], stop: AbortSignal = signal) {
  const shown: string[] = [];
  const rawModes: boolean[] = [];
  const events = new EventEmitter();
  const type = (): void => {
    if (events.listenerCount('data') === 0 || keys.length === 0) return;
    events.emit('data', Buffer.from(keys.shift()!));
    setImmediate(type);
  };
  const keyboard: Keyboard = {
    isTTY: true,
    setRawMode: (raw) => rawModes.push(raw),
    on: (event, listener) => events.on(event, listener),
    off: (event, listener) => events.off(event, listener),
    resume: () => setImmediate(type),
    pause: () => {},
  };
  const screen = {
    write: (text: string | Uint8Array) => {
      shown.push(String(text));
      return true;
    },
  };
  return { keyboard, screen, signal: stop, shown, rawModes };
}

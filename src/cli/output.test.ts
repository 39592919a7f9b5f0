import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../base/errors.ts';
import { explain } from './errors.ts';
import { Output, type OutputOptions } from './output.ts';

test('people see lines and tables, programs see objects', async () => {
  const columns = [{ title: 'Name' }, { title: 'Size', align: 'right' as const }];
  const speak = async (output: Output): Promise<void> => {
    output.line('one');
    output.table(columns, [['a', '1']]);
    output.record('node', { path: '/a', inode: 2n ** 63n });
    output.summary({ nodes: 1 });
    await output.close();
  };
  const people = world();
  await speak(people.output);
  assert.equal(people.stdout.text, 'one\nName  Size\n----------\na        1\n');
  const programs = world({ json: true });
  await speak(programs.output);
  assert.equal(
    programs.stdout.text,
    '{"message_type":"node","path":"/a","inode":9223372036854775808}\n{"message_type":"summary","nodes":1}\n',
  );
});

test('JSON always ends with a summary or an error', async () => {
  const silent = world({ json: true });
  await silent.output.close();
  assert.equal(silent.stdout.text, '{"message_type":"summary"}\n');
  const failed = world({ json: true });
  failed.output.summary({});
  failed.output.failure(explain(new AppError('vault-locked')));
  await failed.output.close();
  const last = JSON.parse(failed.stdout.text.trim().split('\n').at(-1) ?? '');
  assert.deepEqual([last.message_type, last.code, last.exit_code], ['error', 'vault-locked', 11]);
});

test('failures show message and hint, bugs also where', () => {
  const { output, stderr } = world();
  output.failure(explain(new AppError('vault-missing', { detail: '/srv\x1b[2J' })));
  assert.equal(
    stderr.text,
    'error: there is no vault here: /srv\\x1b[2J\nhint: Check the address, or create one with: holdfast init\n',
  );
  output.failure(explain(new TypeError('x')));
  assert.match(stderr.text, /TypeError: x\n {4}at .*output\.test\.ts/);
});

test('quiet keeps results and problems; verbosity adds', async () => {
  const say = async (options: Partial<OutputOptions>): Promise<string> => {
    const { output, stdout } = world(options);
    output.line('result');
    output.note('note');
    output.detail('detail');
    output.detail('more', 2);
    await output.close();
    return stdout.text;
  };
  assert.equal(await say({ quiet: true }), 'result\n');
  assert.equal(await say({}), 'result\nnote\n');
  assert.equal(await say({ verbosity: 2 }), 'result\nnote\ndetail\nmore\n');
});

test('warnings are one line each, on standard error, after what was said before', () => {
  const { output, order } = world();
  output.line('before');
  output.warn('cannot read a\nb');
  assert.equal(output.warnings, 1);
  assert.deepEqual(order, ['out:before\n', 'err:warning: cannot read a\\nb\n']);
  const programs = world({ json: true });
  programs.output.warn('cannot read', { item: '/a' });
  programs.output.flush();
  assert.equal(programs.stdout.text, '{"message_type":"warning","message":"cannot read","item":"/a"}\n');
});

test('colour only on a terminal that wants it, and never from foreign text', () => {
  const paintOn = (options: Partial<OutputOptions>, isTTY: boolean): string => {
    const { output, stdout } = world(options, isTTY);
    output.line(`${output.paint('green', 'ok')} name\x1b[31m\x1b]0;t\x07`);
    output.flush();
    return stdout.text;
  };
  assert.equal(paintOn({}, false), 'ok name\\x1b[31m\\x1b]0;t\\x07\n');
  assert.equal(paintOn({ colour: false }, true), 'ok name\\x1b[31m\\x1b]0;t\\x07\n');
  assert.equal(paintOn({}, true).startsWith('\x1b[32mok\x1b[0m name'), true);
  assert.ok(!paintOn({}, true).includes('\x1b]0'));
});

test('a table on a terminal fits it', () => {
  const { output, stdout } = world({ colour: false }, true);
  output.table([{ title: 'Path', flexible: 'end' }], [['/x'.repeat(100)]]);
  output.flush();
  assert.ok(stdout.text.split('\n').every((line) => line.length <= 40));
});

test('a message wipes the progress line and the line comes back', () => {
  const { output, stderr, clock } = world({}, true);
  const progress = output.progress();
  clock.nowMs += 500;
  progress.update({ filesDone: 1, bytesDone: 0 });
  output.warn('x');
  progress.end();
  assert.equal(stderr.text, '\r1 file  0:01\x1b[K\r\x1b[K\x1b[33mwarning:\x1b[0m x\n\r1 file  0:01\x1b[K\r\x1b[K');
});

test('progress is silent off a terminal, with quiet, and with no-progress; JSON has status', () => {
  const run = (options: Partial<OutputOptions>, isTTY: boolean): string => {
    const { output, stdout, stderr, clock } = world(options, isTTY);
    using progress = output.progress();
    clock.nowMs += 5000;
    progress.update({ filesDone: 1, bytesDone: 0 });
    output.flush();
    return stdout.text + stderr.text;
  };
  assert.equal(run({}, false), '');
  assert.equal(run({ quiet: true }, true), '');
  assert.equal(run({ showsProgress: false }, true), '');
  assert.match(run({ json: true }, true), /^\{"message_type":"status","seconds_elapsed":5,/);
});

test('bytes go to standard output and JSON then to standard error', async () => {
  const { output, stdout, stderr } = world({ json: true, writesBytes: true });
  await output.bytes(Buffer.from('raw'));
  await output.close();
  assert.equal(stdout.text, 'raw');
  assert.equal(stderr.text, '{"message_type":"summary"}\n');
});

test('when standard output is lost, the work is stopped once and the end says so', async () => {
  const { output, stdout, lost } = world();
  stdout.failure = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  await assert.rejects(output.bytes('x'), { code: 'failed', message: /standard output \(ENOSPC\)/ });
  output.line('more');
  await assert.rejects(output.close(), { code: 'failed' });
  assert.deepEqual(
    lost.map(({ code }) => code),
    ['failed'],
  );
  const reader = world();
  reader.stdout.failure = Object.assign(new Error('gone'), { code: 'EPIPE' });
  reader.output.line('x');
  await assert.rejects(reader.output.close(), { code: 'interrupted' });
});

class FakeSink {
  text = '';
  failure: Error | undefined;
  readonly isTTY: boolean;
  readonly columns = 40;
  readonly #mark: string;
  readonly #order: string[];

  constructor(mark: string, isTTY: boolean, order: string[]) {
    this.#mark = mark;
    this.isTTY = isTTY;
    this.#order = order;
  }

  write(chunk: string | Uint8Array, written?: (error?: Error | null) => void): boolean {
    this.text += Buffer.from(chunk).toString();
    if (chunk.length > 0) this.#order.push(`${this.#mark}:${chunk}`);
    written?.(this.failure);
    return true;
  }
}

function world(options: Partial<OutputOptions> = {}, isTTY = false) {
  const order: string[] = [];
  const stdout = new FakeSink('out', isTTY, order);
  const stderr = new FakeSink('err', isTTY, order);
  const clock = { nowMs: 0 };
  const lost: AppError[] = [];
  const output = new Output({
    stdout,
    stderr,
    colour: true,
    json: false,
    quiet: false,
    verbosity: 0,
    showsProgress: true,
    writesBytes: false,
    elapsedMs: () => clock.nowMs,
    onLost: (error) => lost.push(error),
    ...options,
  });
  return { output, stdout, stderr, order, clock, lost };
}

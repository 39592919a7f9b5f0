/** Signals, crashes, and a real terminal: src/main.ts as it is, with the commands of `commands.ts`. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describePeer, requirePeer } from '../peers.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const SWAP = new URL('./swap-table.ts', import.meta.url).href;
const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: directory };

after(() => rmSync(directory, { recursive: true }));

describe('signals', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`${signal} lets the command clean up and ends with 130`, async () => {
      const run = start('wait');
      await run.said('waiting\n');
      run.child.kill(signal);
      assert.equal(await run.ended, 130);
      assert.equal(run.stdout(), 'waiting\ncleaned up\n');
      assert.match(run.stderr(), /^error: interrupted\nhint: Run the command again/);
    });

  it('the second one ends at once', async () => {
    const run = start('stuck');
    await run.said('waiting\n');
    run.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(run.child.exitCode, null);
    run.child.kill('SIGINT');
    assert.equal(await run.ended, 130);
  });

  it('SIGHUP changes nothing, as restic sends it to see who lives', async () => {
    const run = start('wait');
    await run.said('waiting\n');
    run.child.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual([run.child.exitCode, run.child.signalCode], [null, null]);
    run.child.kill('SIGTERM');
    assert.equal(await run.ended, 130);
  });

  it('a reader that goes away stops the command without a word', async () => {
    const run = start('flood');
    await run.said('line 1\n');
    run.child.stdout?.destroy();
    assert.equal(await run.ended, 130);
    assert.equal(run.stderr(), '');
  });
});

describe('ends', { concurrency: 2 }, () => {
  it('exit code and message come from the registry', async () => {
    const { status, stderr } = holdfast('locked');
    assert.match(stderr, /^error: the vault is locked: by host a\nhint: Wait/);
    assert.equal(status, 11);
  });

  it('unfinished work has exit code 3, and the summary stays the last line', () => {
    const people = holdfast('incomplete');
    assert.deepEqual([people.stderr, people.status], ['warning: cannot read /a\\x1b[2J\n', 3]);
    const programs = holdfast('incomplete', '--json');
    const types = programs.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).message_type);
    assert.deepEqual([types, programs.stderr, programs.status], [['warning', 'summary'], '', 3]);
  });

  it('bugs show where they are, whoever catches them or nobody', () => {
    const cases: [string, RegExp][] = [
      ['bug', /BugError: bug: queue is empty\n {4}at [\s\S]*error: this is a bug: queue is empty\nhint: Please report/],
      ['explode', /TypeError: nobody catches this\n {4}at [\s\S]*error: this is a bug: nobody catches this/],
      ['never', /error: this is a bug: the command waits for nothing/],
    ];
    for (const [command, message] of cases) {
      const { status, stderr } = holdfast(command);
      assert.match(stderr, message);
      assert.equal(status, 1);
      const last = JSON.parse(holdfast(command, '--json').stdout.trimEnd().split('\n').at(-1)!);
      assert.deepEqual([last.message_type, last.code, last.exit_code], ['error', 'bug', 1]);
    }
  });

  it('JSON status comes once a second, with totals', () => {
    const { stdout, stderr } = holdfast('progress', '--json');
    const all = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const statuses = all.filter(({ message_type }) => message_type === 'status');
    assert.ok(statuses.length >= 1 && statuses.length <= 4, stdout);
    assert.deepEqual(
      [statuses[0].total_files, statuses[0].total_bytes, all.at(-1).message_type],
      [25, 25e6, 'summary'],
    );
    assert.equal(stderr, '');
  });

  it('progress is silent off a terminal', () => {
    const { stdout, stderr } = holdfast('progress');
    assert.deepEqual([stdout, stderr], ['done\n', 'warning: something\n']);
  });

  it('without a terminal no password is asked for', () => {
    const { stderr, status } = holdfast('ask');
    assert.match(stderr, /^error: no password given\nhint: Use --password-file/);
    assert.equal(status, 2);
  });
});

describePeer('on a terminal', ['script'], () => {
  it('progress is one line that is redrawn, cleared, and back after a warning', () => {
    const shown = onTerminal('progress', { columns: 80 });
    const frames = shown.split('\r').map((frame) => frame.replaceAll('\x1b[K', ''));
    const drawn = frames.filter((frame) => frame.startsWith('['));
    assert.ok(drawn.length >= 5 && drawn.length <= 40, JSON.stringify(shown));
    for (const frame of drawn) {
      assert.match(frame, /^\[=*>? *\] +\d+\.\d% {2}[\d.]+(?: KiB)?\/23\.8 MiB/);
      assert.ok(frame.length < 80, frame);
    }
    assert.match(shown, /\r\x1b\[K\x1b\[33mwarning:\x1b\[0m something\r\n\r\[/);
    assert.ok(shown.endsWith('\r\x1b[K\x1b[32mdone\x1b[0m\r\n'), JSON.stringify(shown.slice(-60)));
  });

  it('NO_COLOR, --quiet and --no-progress are respected', () => {
    assert.ok(onTerminal('progress', { env: { NO_COLOR: '1' } }).endsWith('\x1b[Kdone\r\n'));
    assert.equal(onTerminal('progress --quiet', { env: { NO_COLOR: '1' } }), 'warning: something\r\ndone\r\n');
    assert.equal(onTerminal('progress --no-progress', { env: { NO_COLOR: '1' } }), 'warning: something\r\ndone\r\n');
  });

  it('a new password is asked for twice and never shown', async () => {
    const { child, said, stdout, ended } = start('ask', { terminal: true });
    await said('Vault password: ');
    child.stdin?.write('sesame\r');
    await said('again: ');
    child.stdin?.write('sesame\r');
    await said('got sesame');
    await ended;
    assert.equal(stdout().replaceAll('\r', ''), 'Vault password: \nVault password, again: \ngot sesame\n');
  });
});

function argumentsOf(command: string): string[] {
  return ['--import', SWAP, MAIN, ...command.split(' ')];
}

function holdfast(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, argumentsOf(args.join(' ')), { encoding: 'utf8', env });
}

/** Everything a terminal of that width would have received. */
function onTerminal(
  command: string,
  { columns = 80, env: more = {} }: { columns?: number; env?: object } = {},
): string {
  const line = `stty cols ${columns}; ${[process.execPath, ...argumentsOf(command)].join(' ')}`;
  const { stdout } = spawnSync(requirePeer('script'), ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    env: { ...env, ...more },
  });
  return stdout;
}

interface Run {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output holds `text`. */
  said(text: string): Promise<void>;
  ended: Promise<number | null>;
}

function start(command: string, { terminal = false } = {}): Run {
  const words = [process.execPath, ...argumentsOf(command)];
  const [program, ...args] = terminal ? [requirePeer('script'), '-qec', words.join(' '), '/dev/null'] : words;
  const child = spawn(program!, args, { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const said = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) {
      assert.equal(child.exitCode, null, `ended before it said ${text}: ${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, stdout: () => stdout, stderr: () => stderr, said, ended };
}

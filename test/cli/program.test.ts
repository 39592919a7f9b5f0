/** The program as people and scripts meet it: a process with arguments, streams and an exit code. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: directory };
after(() => rmSync(directory, { recursive: true }));

const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

describe('the program', () => {
  it('shows its version, before and after global options', () => {
    for (const args of [['--version'], ['-V'], ['--json', '--version']]) {
      const { stdout, stderr, status } = holdfast(...args);
      assert.deepEqual([stdout, stderr, status], [`holdfast ${version}\n`, '', 0]);
    }
  });

  it('shows help on standard output with exit code 0', () => {
    for (const args of [['--help'], ['help'], ['version', '--help'], ['help', 'version'], ['-h', 'version']]) {
      const { stdout, stderr, status } = holdfast(...args);
      assert.match(stdout, /^Usage: holdfast /);
      assert.deepEqual([stderr, status], ['', 0]);
      assert.ok(stdout.split('\n').every((line) => line.length <= 80));
    }
    assert.match(holdfast('version', '--help').stdout, /Examples:\n {2}# /);
  });

  it('ends wrong usage with exit code 2 and the nearest word', () => {
    const cases: [string[], RegExp][] = [
      [[], /no command given\nhint: See holdfast --help/],
      [['verison'], /unknown command verison\nhint: Did you mean version\?/],
      [['version', '--jsno'], /unknown option '--jsno'\nhint: Did you mean --json\?/],
      [['version', 'x'], /too many arguments: version takes none/],
      [['completion'], /missing required argument 'shell'\nhint: See holdfast completion --help/],
      [['completion', 'tcsh'], /no completion for tcsh/],
      [['completion', 'constructor'], /no completion for constructor/],
      [['constructor'], /unknown command constructor/],
    ];
    for (const [args, message] of cases) {
      const { stdout, stderr, status } = holdfast(...args);
      assert.match(stderr, message);
      assert.deepEqual([stdout, status], ['', 2]);
    }
  });

  it('speaks JSON when asked, also about wrong usage', () => {
    const good = holdfast('--json', 'version');
    const [summary, ...rest] = lines(good.stdout);
    assert.deepEqual([summary?.['message_type'], summary?.['version'], rest.length], ['summary', version, 0]);
    const bad = holdfast('verison', '--json');
    assert.deepEqual(lines(bad.stdout), [
      {
        message_type: 'error',
        code: 'usage',
        message: 'wrong usage: unknown command verison',
        hint: 'Did you mean version?',
        exit_code: 2,
      },
    ]);
    assert.deepEqual([bad.stderr, bad.status], ['', 2]);
  });

  it('writes no control codes off a terminal', () => {
    for (const args of [
      ['version'],
      ['--help'],
      ['version', '--bad'],
      ['version', '\x1b[31m'],
      ['completion', 'bash'],
    ]) {
      const { stdout, stderr } = holdfast(...args);
      assert.ok((stdout + stderr).length > 0);
      assert.doesNotMatch(stdout + stderr, CONTROL);
    }
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const child = spawn(process.execPath, [MAIN, 'completion', 'bash'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const stderr = await text(child.stderr);
    assert.deepEqual([stderr, await exitOf(child)], ['', 130]);
  });

  it('fails when its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    try {
      for (const command of [['version'], ['completion', 'bash']]) {
        const { status, stderr } = spawnSync(process.execPath, [MAIN, ...command], {
          stdio: ['ignore', full, 'pipe'],
          encoding: 'utf8',
        });
        assert.match(stderr, /^error: failed: cannot write to standard output \(ENOSPC\)\n/);
        assert.equal(status, 1);
      }
    } finally {
      closeSync(full);
    }
  });
});

function holdfast(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env });
}

function lines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.on('close', resolve);
  });
}

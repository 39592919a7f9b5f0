import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bashCompletion } from './completion-bash.ts';
import { completionModel } from './completion-model.ts';
import { choice, flag, text } from './options.ts';
import { defineCommand } from './spec.ts';
import type { CommandEntry } from './table.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

const restore = defineCommand({
  description: 'Restores.',
  examples: [],
  arguments: [{ usage: '<snapshot>', description: 'Which' }],
  options: {
    overwrite: choice(['always', 'never'], "What to do with files: don't [ask]", { fallback: 'never' }),
    target: text('dir', 'Where to', { short: 't' }),
    verify: flag('Verify'),
  },
  run: async () => undefined,
});
const plain = defineCommand({
  description: 'Plain.',
  examples: [],
  arguments: [{ usage: '<shell>', description: 'Shell', choices: ['one', 'two'] }],
  run: async () => undefined,
});
const entry = (spec: typeof plain): CommandEntry => ({
  section: 'S',
  summary: "It's: a [summary]",
  load: async () => spec,
});
const model = await completionModel({
  restore: entry(restore),
  repair: entry(plain),
  'key add': entry(plain),
  'key list': entry(restore),
  'key far add': entry(plain),
});

writeFileSync(join(directory, 'c.bash'), bashCompletion(model));

test('bash completes commands, groups, options, values and arguments', () => {
  const cases: [string[], string[]][] = [
    [
      ['holdfast', ''],
      ['restore', 'repair', 'key'],
    ],
    [
      ['holdfast', 're'],
      ['restore', 'repair'],
    ],
    [
      ['holdfast', '-r', '/v', 're'],
      ['restore', 'repair'],
    ],
    [['holdfast', '--vault', '=', '/v', '-q', 'res'], ['restore']],
    [
      ['holdfast', 'key', ''],
      ['add', 'list', 'far'],
    ],
    [['holdfast', 'key', '-q', 'far', ''], ['add']],
    [
      ['holdfast', 'key', 'far', 'add', ''],
      ['one', 'two'],
    ],
    [['holdfast', 'key', '-q', 'a'], ['add']],
    [
      ['holdfast', 'key', 'add', ''],
      ['one', 'two'],
    ],
    [['holdfast', 'repair', 't'], ['two']],
    [['holdfast', 'repair', 'one', ''], []],
    [
      ['holdfast', 'restore', '--ver'],
      ['--verify', '--verbose'],
    ],
    [['holdfast', 'restore', '-t', 'dir', '--targ'], ['--target']],
    [
      ['holdfast', 'restore', '--overwrite', ''],
      ['always', 'never'],
    ],
    [['holdfast', 'restore', '--overwrite', '=', 'a'], ['always']],
    [
      ['holdfast', 'restore', '--overwrite', '='],
      ['always', 'never'],
    ],
    [['holdfast', 'restore', '--target', ''], []],
    [['holdfast', 'restore', '--', '--ver'], []],
    [
      ['holdfast', '--pass'],
      ['--password-file', '--password-command'],
    ],
  ];
  for (const [words, expected] of cases) assert.deepEqual(bash(words).sort(), expected.sort(), words.join(' '));
});

/** What bash would offer for the words, the last of which is being typed. */
function bash(words: string[]): string[] {
  const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', script, join(directory, 'c.bash'), ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((each) => each !== '');
}

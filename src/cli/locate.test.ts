import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksForJson, locate } from './locate.ts';

const NAMES = [
  'backup',
  'ls',
  'snapshots',
  'key add',
  'key list',
  'ha status',
  'ha mmp show',
  'ha mmp watch',
  'version',
];
const at = (line: string) => locate(line === '' ? [] : line.split(' '), NAMES);

test('the command is found among global options', () => {
  const cases: [string, string, string][] = [
    ['ls', 'ls', ''],
    ['ls latest --long', 'ls', 'latest --long'],
    ['-r /v --json ls x', 'ls', '-r /v --json x'],
    ['--vault=/v ls', 'ls', '--vault=/v'],
    ['--vault /ls ls', 'ls', '--vault /ls'],
    ['-r/v ls', 'ls', '-r/v'],
    ['-vvr /v ls', 'ls', '-vvr /v'],
    ['-qr/v ls', 'ls', '-qr/v'],
    ['key add', 'key add', ''],
    ['-q key -r /v add x', 'key add', '-q -r /v x'],
    ['help ls', 'ls', '--help'],
    ['help key add', 'key add', '--help'],
    ['ha status -v', 'ha status', '-v'],
    ['ha mmp show /dev/sdb', 'ha mmp show', '/dev/sdb'],
    ['-q ha -r /v mmp --json watch x', 'ha mmp watch', '-q -r /v --json x'],
    ['help ha mmp show', 'ha mmp show', '--help'],
    ['backup -- ls', 'backup', '-- ls'],
    ['--help ls', 'ls', '--help'],
  ];
  for (const [line, name, rest] of cases)
    assert.deepEqual(at(line), { kind: 'command', name, rest: rest === '' ? [] : rest.split(' ') }, line);
});

test('help, version and nothing', () => {
  assert.deepEqual(at(''), { kind: 'nothing' });
  assert.deepEqual(at('-q'), { kind: 'nothing' });
  assert.deepEqual(at('--help'), { kind: 'help', group: undefined });
  assert.deepEqual(at('help'), { kind: 'help', group: undefined });
  assert.deepEqual(at('key --help'), { kind: 'help', group: 'key' });
  assert.deepEqual(at('help key'), { kind: 'help', group: 'key' });
  assert.deepEqual(at('ha --help'), { kind: 'help', group: 'ha' });
  assert.deepEqual(at('ha mmp --help'), { kind: 'help', group: 'ha mmp' });
  assert.deepEqual(at('help ha mmp'), { kind: 'help', group: 'ha mmp' });
  assert.deepEqual(at('--json --version'), { kind: 'version' });
});

test('what is not known is refused with the nearest word', () => {
  const cases: [string, RegExp, RegExp][] = [
    ['bakcup', /unknown command bakcup/, /Did you mean backup\?/],
    ['key ad', /unknown command key ad/, /Did you mean add\?/],
    ['key', /key needs one more word/, /key add, key list/],
    ['ha', /ha needs one more word/, /Give one of: ha status, ha mmp\./],
    ['ha mmp', /ha mmp needs one more word/, /ha mmp show, ha mmp watch/],
    ['ha mpm show', /unknown command ha mpm/, /Did you mean mmp\?/],
    ['ha mmp shwo x', /unknown command ha mmp shwo/, /Did you mean show\?/],
    ['--vualt x ls', /unknown option --vualt before the command/, /Did you mean --vault\?/],
    ['--long ls', /unknown option --long/, /after its name/],
    ['-l ls', /unknown option -l/, /after its name/],
    ['wxyz', /unknown command wxyz/, /holdfast --help/],
  ];
  for (const [line, message, hint] of cases) assert.throws(() => at(line), { code: 'usage', message, hint }, line);
});

test('JSON is asked for before --', () => {
  assert.equal(asksForJson(['ls', '--json']), true);
  assert.equal(asksForJson(['backup', '--', 'x', '--json']), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choice, flag, list, size, text, whole } from './options.ts';
import { commandHelp, parse } from './parse.ts';
import { defineCommand } from './spec.ts';

const spec = defineCommand({
  description: 'Tries things.',
  examples: [{ line: 'try /etc', does: 'try /etc' }],
  arguments: [
    { usage: '<target>', description: 'Where to' },
    { usage: '[path...]', description: 'What' },
  ],
  options: {
    force: flag('Force it', { short: 'f' }),
    dryRun: flag('Only show', { short: 'n' }),
    exclude: list('pattern', 'Leave out', { short: 'e' }),
    keepLast: whole('n', 'How many', { min: 1 }),
    maxSize: size('size', 'How large'),
    overwrite: choice(['always', 'never'], 'When', { fallback: 'never' }),
    host: text('host', 'Whose'),
    noScan: flag('Do not scan'),
  },
  async run() {
    return undefined;
  },
});
const command = { name: 'try', spec };
const read = (line: string) => parse(command, line.split(' '));

test('values have the type of their builder', () => {
  const line =
    'a b c -fn -e x --exclude=y --keep-last 3 --max-size 2M --overwrite always --host h1 --host h2 --no-scan';
  const { args, options } = read(line)!;
  assert.deepEqual(args, ['a', 'b', 'c']);
  assert.deepEqual(options, {
    force: true,
    dryRun: true,
    exclude: ['x', 'y'],
    keepLast: 3,
    maxSize: 2 * 1024 * 1024,
    overwrite: 'always',
    host: 'h2',
    noScan: true,
  });
});

test('what is not given is false, empty, undefined or the fallback', () => {
  assert.deepEqual(read('a')?.options, {
    force: false,
    dryRun: false,
    exclude: [],
    keepLast: undefined,
    maxSize: undefined,
    overwrite: 'never',
    host: undefined,
    noScan: false,
  });
});

test('global options are found anywhere, also in a cluster with others', () => {
  const { globals, options, args } = read('-r /v a -nvv --json --no-lock -- -p')!;
  assert.deepEqual(
    [globals.vault, globals.verbose, globals.json, globals.noLock, globals.noProgress, globals.quiet],
    ['/v', 2, true, true, false, false],
  );
  assert.equal(options['dryRun'], true);
  assert.deepEqual(args, ['a', '-p']);
});

test('wrong usage names what is wrong and what may have been meant', () => {
  const cases: [string, RegExp, RegExp][] = [
    ['a --exlude x', /unknown option '--exlude'/, /^Did you mean --exclude\?$/],
    ['a --exlude=x', /unknown option '--exlude/, /^Did you mean --exclude\?$/],
    ['a --frobnicate', /unknown option/, /^See holdfast try --help\.$/],
    ['a --keep-last', /--keep-last <n>' argument missing/, /try --help/],
    ['a --keep-last 0', /--keep-last takes a whole number/, /at least 1/],
    ['a --keep-last -1', /--keep-last takes a whole number/, /at least 1/],
    ['a --max-size big', /not a size: big/, /500K/],
    ['a --overwrite maybe', /--overwrite does not know "maybe"/, /always, never/],
    ['--force', /missing required argument 'target'/, /try --help/],
  ];
  for (const [line, message, hint] of cases) assert.throws(() => read(line), { code: 'usage', message, hint }, line);
});

test('too many arguments are refused', () => {
  const none = { name: 'none', spec: { ...spec, arguments: [] } };
  assert.throws(() => parse(none, ['x']), { code: 'usage', message: /too many arguments: none takes none/ });
});

test('help has usage, arguments, options, global options and examples, and fits', () => {
  assert.equal(parse(command, ['--help']), undefined);
  assert.equal(parse(command, ['-h', '--frobnicate']), undefined);
  const help = commandHelp(command, 80);
  for (const part of [
    /^Usage: holdfast try \[options\] <target> \[path\.\.\.\]$/m,
    /^Tries things\.$/m,
    /^ {2}target +Where to$/m,
    /^ {2}-e, --exclude <pattern> +Leave out \(may be repeated\)$/m,
    /^ {2}--overwrite <mode> +When \(one of always, never; default never\)$/m,
    /^Global options:\n {2}-r, --vault <url>/m,
    /^Examples:\n {2}# try \/etc\n {2}holdfast try \/etc$/m,
  ])
    assert.match(help, part);
  assert.ok(help.split('\n').every((line) => line.length <= 80));
});

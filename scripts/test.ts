/**
 * Everything that `npm test` does: bring the peers, check the sources, run the tests, and say plainly what was skipped.
 * `--no-install` touches no system package, `--no-checks` runs tests only, `--only TEXT` those whose path contains TEXT
 * (and installs nothing), `--soak` the long ones in test/soak instead.
 */
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { runChecks } from './checks.ts';
import { type FileOutcome, runFiles } from './suite.ts';
import { prepareSystem } from './test-system.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE_TIMEOUT_MS = 5 * 60 * 1000;
const SOAK_TIMEOUT_MS = 2 * 60 * 60 * 1000;

/** Sets the exit code: 0 only when something ran and nothing failed. */
export async function testAll(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      soak: { type: 'boolean', default: false },
      'no-checks': { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
    },
  });
  const begin = performance.now();
  // Who asks for a few files wants them run, not the machine changed.
  const mayInstall = !values['no-install'] && values.only === '';
  const remarks = mayInstall ? prepareSystem() : [];
  const checks = values['no-checks'] ? { passed: [], failed: [] } : runChecks();
  const files = findFiles(values.soak).filter((file) => file.includes(values.only));
  const outcomes = await runFiles(files, values.soak ? SOAK_TIMEOUT_MS : FILE_TIMEOUT_MS);
  printSkips(outcomes, remarks);
  const failures = [...checks.failed.map((name) => `check: ${name}`), ...outcomes.flatMap(failuresOf)];
  printList(styleText('red', 'failed:'), failures);
  const tests = printCounts({ outcomes, checks, failures, durationMs: performance.now() - begin });
  if (tests === 0) process.stdout.write('no test ran, which counts as failure\n');
  process.exitCode = tests > 0 && failures.length === 0 ? 0 : 1;
}

function findFiles(soak: boolean): string[] {
  // Directly in it are the long ones; the parts they are made of, in folders below, are tested as everything is.
  if (soak) return globSync('test/soak/*.test.ts', { cwd: ROOT }).sort();
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: ROOT }).sort();
  return files.filter((file) => dirname(file) !== 'test/soak');
}

/** Nobody should take for tested what was not: each skipped suite or test with its reason. */
function printSkips(outcomes: FileOutcome[], remarks: string[]): void {
  const skips = outcomes.flatMap(({ file, ended }) =>
    ended.filter(({ result }) => result === 'skipped').map(({ name, text }) => `${file}: ${name}: ${text}`),
  );
  printList(styleText('yellow', 'system:'), remarks);
  printList(styleText('yellow', 'SKIPPED, and therefore not tested here:'), skips);
}

function failuresOf({ file, ended, trouble }: FileOutcome): string[] {
  const failed = ended.filter(({ suite, result }) => !suite && result === 'fail').map(({ name }) => `${file}: ${name}`);
  return trouble === undefined ? failed : [...failed, `${file}: ${trouble}`];
}

function printList(title: string, lines: string[]): void {
  if (lines.length > 0) process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

/** The closing lines in the form of Node's test runner; a check counts as a test. @returns the tests that ran. */
function printCounts(all: {
  outcomes: FileOutcome[];
  checks: { passed: string[]; failed: string[] };
  failures: string[];
  durationMs: number;
}): number {
  const ended = all.outcomes.flatMap((outcome) => outcome.ended);
  const count = (result: string) => ended.filter((each) => !each.suite && each.result === result).length;
  const pass = count('pass') + all.checks.passed.length;
  const fail = all.failures.length;
  const skipped = ended.filter(({ result }) => result === 'skipped').length;
  const lines = {
    tests: pass + fail + skipped + count('todo'),
    suites: ended.filter(({ suite }) => suite).length,
    pass,
    fail,
    cancelled: 0,
    skipped,
    todo: count('todo'),
    duration_ms: Math.round(all.durationMs),
  };
  process.stdout.write(
    `\n${Object.entries(lines)
      .map(([name, value]) => `ℹ ${name} ${value}\n`)
      .join('')}`,
  );
  return pass + fail;
}

if (import.meta.main) await testAll(process.argv.slice(2));

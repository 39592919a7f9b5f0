/**
 * `npm run bench`: measures Holdfast beside restic and Borg, and writes `results.md`. See README.md here.
 * Parts of it can be run one after the other with `--only`; what they measure is gathered in `results.json`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { CASES, caseOf, OPERATIONS, type Operation } from './cases.ts';
import { borg } from './contestants/borg.ts';
import { holdfast } from './contestants/holdfast.ts';
import { restic } from './contestants/restic.ts';
import { fileSystemOf, prepareFolder, removeAll } from './files.ts';
import { report } from './report.ts';
import { type CaseResult, loadResults, type Machine, mergeCase, type Results, saveResults } from './results.ts';
import { runCase } from './rounds.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    pairs: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    dir: { type: 'string', default: '/var/tmp/holdfast-bench' },
    'keep-data': { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
});

const folder = resolve(values.dir);
const scale = Number(values.scale);
const pairs = Number(values.pairs);
if (!(scale > 0) || !(pairs >= 1)) throw new Error('--scale and --pairs must be positive numbers');
// Small sizes are for trying the measurement itself; they must not pass for results.
const home = scale === 1 ? HERE : folder;
const selection = select([...values.only, ...positionals]);

if (!values.report) await measureAll();
writeReport();

async function measureAll(): Promise<void> {
  prepareFolder(folder);
  const contestants = [await holdfast(folder), restic(), borg()];
  const begin = performance.now();
  const say = (text: string): void => {
    process.stdout.write(`${((performance.now() - begin) / 60_000).toFixed(1).padStart(5)} min  ${text}\n`);
  };
  for (const [name, operations] of selection) {
    const result = await runCase(name, { folder, scale, pairs, operations, contestants, say });
    keep(name, result);
  }
  for (const part of ['vaults', 'homes', 'holdfast']) rmSync(join(folder, part), { recursive: true, force: true });
  if (!values['keep-data']) removeAll(join(folder, 'inputs'));
}

/** After every case, so that what is measured is not lost when a later one fails. */
function keep(name: string, result: CaseResult): void {
  const path = join(home, 'results.json');
  const machine = machineOf();
  const earlier = loadResults(path);
  const isSame = earlier !== undefined && isDeepStrictEqual(earlier.machine, machine);
  const results: Results = isSame ? earlier : { machine, cases: {} };
  const cases = { ...results.cases, [name]: mergeCase(results.cases[name], result) };
  const ordered = Object.keys(CASES).filter((each) => each in cases);
  saveResults(path, { machine, cases: Object.fromEntries(ordered.map((each) => [each, cases[each]!])) });
}

function writeReport(): void {
  const results = loadResults(join(home, 'results.json'));
  if (results === undefined) throw new Error('nothing has been measured yet');
  const notes = join(HERE, 'notes.md');
  const page = join(home, 'results.md');
  writeFileSync(page, report(results, existsSync(notes) ? readFileSync(notes, 'utf8') : ''));
  // The page is checked in, and README.md takes a table over from it, so it has the form that the formatter gives.
  spawnSync(join(HERE, '../node_modules/.bin/biome'), ['format', '--write', page], { cwd: join(HERE, '..') });
  process.stdout.write(`written: ${join(home, 'results.md')}\n`);
}

/** `CASE` or `CASE/OPERATION`; everything when nothing is named. */
function select(names: string[]): Map<string, Operation[]> {
  const selected = new Map<string, Operation[]>();
  for (const each of names.length === 0 ? Object.keys(CASES) : names.flatMap((text) => text.split(','))) {
    const [name = '', operation] = each.split('/');
    const offered = caseOf(name).operations;
    const wanted = operation === undefined ? offered : OPERATIONS.filter((one) => one === operation);
    if (!wanted.every((one) => offered.includes(one)) || wanted.length === 0)
      throw new Error(`${name} has no ${operation}; there are: ${offered.join(', ')}`);
    selected.set(name, [...(selected.get(name) ?? []), ...wanted]);
  }
  return selected;
}

function machineOf(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().replace(/-.*/, ''),
    fileSystem: fileSystemOf(folder),
  };
}

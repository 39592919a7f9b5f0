/**
 * Golden cases of the archive shelf: `shelf/NAME/input.json` says what lies there and what is expected of it,
 * `expected.txt` what people are told by ls, check and purge.
 * HOLDFAST_REGENERATE=1 writes the expected texts anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/base/errors.ts';
import { Output } from '../../src/cli/output.ts';
import { showChecked, showReport } from '../../src/cli/shelf-check.ts';
import { showItem, showStrays } from '../../src/cli/shelf-ls.ts';
import { showPlan } from '../../src/cli/shelf-purge.ts';
import { check, days, listings, purge, type ShelfEnd, type ShelfOptions, surveyShelf } from '../../src/shelf.ts';

interface Scenario {
  about: string;
  now: string;
  timezone: string;
  layout?: string;
  /** Given to check. */
  day?: string;
  items: ShelfOptions['items'];
  /**
   * `BYTES MODIFIED PATH STATE`, where state is `fine`, `bare` (no sidecar), `rotten` (the content is not that of the
   * sidecar), `cut:BYTES` (as the sidecar says), `noise` (the sidecar is no such) or `-` (no archive).
   */
  files: string[];
  folders: string[];
}

const FOLDER = join(import.meta.dirname, 'shelf');
const NAMES = readdirSync(FOLDER);
const SIGNAL = new AbortController().signal;
const MD5 = '0123456789abcdef0123456789abcdef';

test('there are scenarios', () => assert.ok(NAMES.length >= 5));

for (const name of NAMES) {
  test(`shelf scenario ${name}`, async () => {
    const scenario: Scenario = JSON.parse(readFileSync(join(FOLDER, name, 'input.json'), 'utf8'));
    const expectedPath = join(FOLDER, name, 'expected.txt');
    const text = await tell(scenario);
    if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(expectedPath, text);
    assert.equal(text, readFileSync(expectedPath, 'utf8'));
  });
}

async function tell(scenario: Scenario): Promise<string> {
  const { now, timezone, layout = 'dated', items } = scenario;
  const shelf: ShelfOptions = { name: 'dayabay', root: '/data', layout, items, sidecars: ['dna'], timezone };
  const today = days.localTime(Date.parse(now), timezone).day;
  const end = endOf(scenario);
  const listing = await listings.listShelf(end, shelf, SIGNAL);
  const { output, written } = capture();
  output.line(`# ls, ${days.formatDay(today)}`);
  for (const seen of surveyShelf(listing, shelf, today)) showItem(output, seen, true);
  showStrays(output, listing.strays);
  const day = scenario.day === undefined ? undefined : days.parseDay(scenario.day, today);
  output.line(`\n# check${scenario.day === undefined ? '' : ` --day ${scenario.day}`}`);
  const report = await check.checkShelf(end, { listing, shelf, today, day, signal: SIGNAL });
  for (const checked of report.archives) showChecked(output, checked);
  try {
    showReport(output, report, { where: 'shelf dayabay' });
    output.line('exit code 0');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    output.line(`${error.message}\nexit code ${error.exitCode}`);
  }
  output.line('\n# purge --dry-run');
  showPlan(output, purge.planPurge(listing, { shelf, today }));
  await output.close();
  return written();
}

function capture(): { output: Output; written: () => string } {
  let text = '';
  const sink = {
    write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
      text += chunk.toString();
      if (done !== undefined) queueMicrotask(() => done());
      return true;
    },
  };
  const still = { colour: false, json: false, quiet: false, verbosity: 1, showsProgress: false, writesBytes: false };
  const output = new Output({ ...still, stdout: sink, stderr: sink, elapsedMs: () => 0, onLost: () => {} });
  return { output, written: () => text };
}

/** An end that has what the lines say. */
function endOf({ files: lines, folders }: Scenario): ShelfEnd {
  const entries = lines.map((line) => line.split(' ') as [string, string, string, string]);
  const sidecars = new Map<string, string>();
  const files = entries.flatMap(([bytes, modified, path, state]) => {
    const modifiedMs = Date.parse(modified);
    const size = state.startsWith('cut:') ? state.slice(4) : bytes;
    if (state !== 'bare') sidecars.set(`${path}.dna`, state === 'noise' ? '?' : `{'dig': '${MD5}', 'size': ${size}}\n`);
    const own = state === '-' ? [] : [{ path, bytes: Number(bytes), modifiedMs }];
    return [...own, ...(state === 'bare' ? [] : [{ path: `${path}.dna`, bytes: 64, modifiedMs }])];
  });
  const states = new Map(entries.map(([bytes, , path, state]) => [path, { bytes: Number(bytes), state }]));
  const refuse = (): never => assert.fail('a scenario changes nothing');
  return {
    address: '/data',
    list: async () => ({ files, folders, sidecars }),
    digest: async (path) => {
      const { bytes, state } = states.get(path)!;
      return { bytes, md5: state === 'rotten' ? 'f'.repeat(32) : MD5, sha256: 'a'.repeat(64) };
    },
    size: async (path) => states.get(path)?.bytes,
    read: refuse,
    write: refuse,
    rename: refuse,
    place: refuse,
    remove: refuse,
    removeEmptyFolders: refuse,
    freeBytes: async () => 0,
    [Symbol.asyncDispose]: async () => {},
  };
}

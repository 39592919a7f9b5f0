/**
 * Golden cases of retention: `retention/NAME/input.json` holds snapshots and a policy, `expected.json` the plan.
 * HOLDFAST_REGENERATE=1 writes the expected plans anew (`npm run format` lays them out); review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/base/errors.ts';
import { fileId } from '../../src/base/ids.ts';
import type { ForgetOptions } from '../../src/retention/forget.ts';
import { parseDuration, parseGroupBy, planForget, type RetentionPolicy } from '../../src/retention.ts';

interface Scenario {
  now: string;
  policy: Record<string, number | string | boolean | string[][]>;
  groupBy?: string;
  filter?: { hosts?: string[]; tags?: string[][]; paths?: string[] };
  /** `NAME TIME HOST PATHS TAGS`, lists with commas, `-` for none. */
  snapshots: string[];
}

const FOLDER = join(import.meta.dirname, 'retention');
const NAMES = readdirSync(FOLDER);

test('there are scenarios', () => assert.ok(NAMES.length >= 25));

for (const name of NAMES) {
  test(`retention scenario ${name}`, () => {
    const scenario: Scenario = JSON.parse(readFileSync(join(FOLDER, name, 'input.json'), 'utf8'));
    const expectedPath = join(FOLDER, name, 'expected.json');
    const outcome = outcomeOf(scenario);
    if (process.env['HOLDFAST_REGENERATE'] === '1')
      writeFileSync(expectedPath, `${JSON.stringify(outcome, null, 2)}\n`);
    assert.deepEqual(outcome, JSON.parse(readFileSync(expectedPath, 'utf8')));
  });
}

function outcomeOf({ now, policy, groupBy, filter, snapshots }: Scenario): unknown {
  const options: ForgetOptions = { policy: readPolicy(policy), now: Date.parse(now) };
  if (groupBy !== undefined) options.groupBy = parseGroupBy(groupBy);
  if (filter !== undefined) options.filter = filter;
  const named = new Map(snapshots.map((line) => [idOf(line), line.split(' ')[0]!]));
  try {
    return planForget(snapshots.map(readSnapshot), options).map(({ keep, remove, host, paths, tags }) => ({
      group: [host ?? [], paths ?? [], tags ?? []].flat().join(' '),
      keep: keep.map((kept) => `${named.get(kept.snapshot.id)}: ${kept.reasons.join(', ')}`),
      remove: remove.map(({ id }) => named.get(id)),
    }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { error: error.code, message: error.message };
  }
}

function readPolicy(given: Scenario['policy']): RetentionPolicy {
  const read = Object.entries(given).map(([rule, value]) => [
    rule,
    typeof value === 'string' ? parseDuration(value) : value,
  ]);
  return Object.fromEntries(read);
}

function readSnapshot(line: string) {
  const [, time, hostname, paths, tags] = line.split(' ') as [string, string, string, string, string];
  return { id: fileId(idOf(line)), time, hostname, paths: readList(paths), tags: readList(tags) };
}

/** Keeps the order of the names, as plans order by id what has the same time. */
function idOf(line: string): string {
  return Buffer.from(line.split(' ')[0]!).toString('hex').padEnd(64, '0');
}

function readList(text: string): string[] {
  return text === '-' ? [] : text.split(',');
}

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { seconds, tablesOf, withTables } from './page.ts';
import { addRecord, loadRecords, type OrderRecord, RECORDS_MAX, type RoundRecord, saveRecords } from './results.ts';

const RECORD: RoundRecord = {
  seed: 1,
  round: 1,
  bed: 'pair',
  start: 'meta0 on n1, object0 on n1',
  faults: ['kill'],
  what: 'kill n1',
  load: 1,
  convergedMs: 4000,
  mountedMs: [5000, 7000],
  fenced: ['off n1 by n2'],
  doubles: 0,
  lost: 0,
  prediction: 'right',
  helped: [],
};

describe('the table of the campaign', () => {
  it('has a line for each fault that came alone, and one for two at once', () => {
    const two: RoundRecord = { ...RECORD, round: 2, faults: ['kill', 'link-cut'], prediction: 'none', mountedMs: [] };
    const text = tablesOf([RECORD, two]);
    const cells = (name: string) =>
      text
        .match(new RegExp(`^\\| ${name} .*$`, 'm'))?.[0]
        .split(/ *\| */)
        .slice(2, -1);
    assert.deepEqual(cells('kill'), ['1', '4.0 / 4.0', '6.0 / 7.0', '1', '0', '0', '1 of 1', '–', '0']);
    assert.deepEqual(cells('two at once'), ['1', '4.0 / 4.0', '–', '1', '0', '0', '0 of 0', '–', '0']);
    assert.deepEqual(cells('all'), ['2', '4.0 / 4.0', '6.0 / 7.0', '2', '0', '0', '1 of 1', '–', '0']);
    assert.doesNotMatch(text, /^\| power-loss/m);
    assert.match(text, /^Seeds and rounds: 1 \(2 rounds\)\..* 1\.0 \/ 1\.0 \(median \/ max\)\.$/m);
  });

  it('counts what must not be, and names each wrong prediction and failure', () => {
    const bad: RoundRecord = { ...RECORD, doubles: 3, lost: 1, failure: 'data is lost' };
    const wrong: RoundRecord = { ...RECORD, round: 9, prediction: 'wrong', difference: 'told n1, was n2' };
    const text = tablesOf([bad, wrong]);
    assert.match(text, /^\| all +\| 2 .*\| 3 +\| 1 +\| 1 of 2 +\| – +\| 1 +\|$/m);
    assert.match(text, /- seed 1, round 9, pair \(kill n1\): told n1, was n2/);
    assert.match(text, /- seed 1, round 1, pair \(kill n1\): data is lost/);
  });

  it('counts orders by what was said and whether that was right', () => {
    const order = { kind: 'move', when: 'after', isOverridden: false, exitCode: 0, tookMs: 8000 } as const;
    const withOrder = (round: number, more: Partial<OrderRecord>): RoundRecord => ({
      ...RECORD,
      round,
      order: { ...order, verdict: 'green', judged: 'right', ...more },
    });
    const text = tablesOf([
      withOrder(1, {}),
      withOrder(2, { verdict: 'refused', exitCode: 20 }),
      withOrder(3, { judged: 'wrong', why: 'green although peer of n1 was not' }),
      withOrder(4, { judged: 'open' }),
      withOrder(5, { verdict: 'refused', judged: 'free', isOverridden: true }),
    ]);
    assert.match(text, /^\| move +\| 5 +\| 1 +\| 1 +\| 0 +\| 1 +\| 1 +\| 1 +\| 8\.0 \/ 8\.0 +\|$/m);
    assert.match(text, /^\| a fault is in effect +\| 5 /m);
    assert.match(text, /^\| faults and an order .*\| 2 of 3 +\| 0 +\|$/m);
    assert.match(text, /- seed 1, round 3, pair \(kill n1\): move: green although peer of n1 was not/);
  });

  it('gives median and greatest', () => {
    assert.equal(seconds([]), '–');
    assert.equal(seconds([3000, 1000, 2000]), '2.0 / 3.0');
    assert.equal(seconds([1000, 2000]), '1.5 / 2.0');
  });

  it('goes between its marks and leaves the rest, again and again', () => {
    const page = '# A\n\n<!-- campaign -->\nold $&\n<!-- /campaign -->\nB\n';
    const once = withTables(page, [RECORD]);
    assert.match(once, /^# A\n\n<!-- campaign -->\n\nSeeds[\s\S]*\n\| fault[\s\S]*<!-- \/campaign -->\nB\n$/);
    assert.doesNotMatch(once, /old/);
    assert.equal(withTables(once, [RECORD]), once);
    assert.throws(() => withTables('# A\n', [RECORD]), /no lines/);
  });
});

describe('records of rounds', () => {
  it('are kept over runs, one for each round', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-records-'));
    try {
      const path = join(folder, 'results.jsonl');
      assert.deepEqual(loadRecords(path), []);
      const records = addRecord(addRecord([RECORD], { ...RECORD, round: 2 }), { ...RECORD, doubles: 5 });
      saveRecords(path, records);
      assert.deepEqual(loadRecords(path), records);
      assert.deepEqual(
        records.map(({ round, doubles }) => [round, doubles]),
        [
          [2, 0],
          [1, 5],
        ],
      );
      assert.deepEqual(readdirSync(folder), ['results.jsonl']);
      assert.equal(readFileSync(path, 'utf8').split('\n').length, 3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('do not grow without end', () => {
    const many = Array.from({ length: RECORDS_MAX }, (_, at) => ({ ...RECORD, round: at }));
    const records = addRecord(many, { ...RECORD, round: RECORDS_MAX });
    assert.equal(records.length, RECORDS_MAX);
    assert.equal(records[0]!.round, 1);
  });
});

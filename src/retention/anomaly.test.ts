import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, KIB, MIB } from '../base/bytes.ts';
import { type JudgedFigures, judgeRun } from './anomaly.ts';

const FACTOR = { factor: 3 };

/** A file server on a usual night: 40 GiB, of which 2 % are new and compress to 40 %. */
const USUAL = { files: 50_000, bytes: 40 * GIB, filesChanged: 900, bytesAdded: 0.8 * GIB, bytesStored: 0.32 * GIB };

/** Fourteen nights that vary by 15 % either way. */
const HISTORY = Array.from({ length: 14 }, (_, night) => scaled(USUAL, 1 + ((night % 7) - 3) / 20));

function scaled(figures: Required<JudgedFigures>, by: number): Required<JudgedFigures> {
  const { files, bytes, filesChanged, bytesAdded, bytesStored } = figures;
  return {
    files: Math.round(files * by),
    bytes: bytes * by,
    filesChanged: Math.round(filesChanged * by),
    bytesAdded: bytesAdded * by,
    bytesStored: bytesStored * by,
  };
}

function judge(change: JudgedFigures, history: readonly JudgedFigures[] = HISTORY): string[] {
  return judgeRun({ ...USUAL, ...change }, history, FACTOR);
}

describe('an unusual run', () => {
  it('is one whose source was encrypted', () => {
    const encrypted = judge({ filesChanged: 49_500, bytesAdded: 39.6 * GIB, bytesStored: 39.7 * GIB });
    assert.deepEqual(encrypted, [
      '99 % of the files changed where the median of 14 runs is 2 %',
      'new content of 99 % of the size where the median of 14 runs is 2 %',
      'new content compressed to 100 % where the median of 14 runs is 40 %',
    ]);
  });

  it('is one whose source is being encrypted a little every night', () => {
    assert.deepEqual(judge({ filesChanged: 3_000, bytesAdded: 2 * GIB, bytesStored: 1.9 * GIB }), [
      'new content compressed to 95 % where the median of 14 runs is 40 %',
    ]);
  });

  it('is one whose source was emptied, however small it was', () => {
    const nothing = { files: 0, bytes: 0, filesChanged: 0, bytesAdded: 0, bytesStored: 0 };
    assert.deepEqual(judge(nothing), [
      '0 files where the median of 14 runs is 50,000 files',
      '0 B where the median of 14 runs is 40.0 GiB',
    ]);
    const small = { files: 2, bytes: 900 };
    assert.deepEqual(judgeRun({ files: 0, bytes: 0 }, [small, small, small], FACTOR), [
      '0 files where the median of 3 runs is 2 files',
      '0 B where the median of 3 runs is 900 B',
    ]);
  });

  it('is one of which a large part is missing', () => {
    assert.deepEqual(judge({ files: 12_000, bytes: 1.2 * GIB, filesChanged: 100, bytesAdded: 0 }), [
      '12,000 files where the median of 14 runs is 50,000 files',
      '1.20 GiB where the median of 14 runs is 40.0 GiB',
    ]);
  });

  it('is a dump that ends after its header', () => {
    const dump = { files: 1, bytes: 300 * KIB, filesChanged: 1, bytesAdded: 300 * KIB, bytesStored: 60 * KIB };
    assert.deepEqual(judgeRun({ ...dump, bytes: 2 * KIB, bytesAdded: 2 * KIB }, [dump, dump, dump], FACTOR), [
      '2.00 KiB where the median of 3 runs is 300.0 KiB',
    ]);
  });

  it('is one of a source that has grown beyond measure', () => {
    assert.deepEqual(judge({ files: 200_000, bytes: 200 * GIB, bytesAdded: 20 * GIB, bytesStored: 9 * GIB }), [
      '200,000 files where the median of 14 runs is 50,000 files',
      '200.0 GiB where the median of 14 runs is 40.0 GiB',
    ]);
  });
});

describe('a usual run', () => {
  it('may grow and shrink within the factor', () => {
    assert.deepEqual(judge({}), []);
    assert.deepEqual(judge({ files: 140_000, bytes: 110 * GIB, bytesAdded: 2 * GIB, bytesStored: GIB }), []);
    assert.deepEqual(judge({ files: 18_000, bytes: 15 * GIB, bytesAdded: 0.3 * GIB, bytesStored: 0.12 * GIB }), []);
  });

  it('may have a busy day, or none at all', () => {
    assert.deepEqual(judge({ filesChanged: 9_000, bytesAdded: 6 * GIB, bytesStored: 2.6 * GIB }), []);
    assert.deepEqual(judge({ filesChanged: 0, bytesAdded: 0, bytesStored: 0 }), []);
  });

  it('may get a few photographs', () => {
    assert.deepEqual(judge({ bytesAdded: 0.5 * GIB, bytesStored: 0.5 * GIB }), []);
  });

  it('may store packed data that always was', () => {
    const packed = { ...USUAL, bytesStored: 0.76 * GIB };
    assert.deepEqual(judgeRun({ ...packed, bytesStored: 0.81 * GIB }, [packed, packed, packed], FACTOR), []);
  });

  it('may vary in small numbers', () => {
    const empty = { files: 0, bytes: 0, filesChanged: 0, bytesAdded: 0, bytesStored: 0 };
    const few = { files: 3, bytes: 4 * KIB, filesChanged: 3, bytesAdded: 4 * KIB, bytesStored: 4 * KIB };
    assert.deepEqual(judgeRun(few, [empty, empty, empty], FACTOR), []);
    const folder = { files: 12, bytes: 60 * KIB, filesChanged: 0, bytesAdded: 0, bytesStored: 0 };
    const changed = { files: 4, bytes: 10 * KIB, filesChanged: 4, bytesAdded: 10 * KIB, bytesStored: 9 * KIB };
    assert.deepEqual(judgeRun(changed, [folder, folder, folder], FACTOR), []);
  });
});

describe('judging', () => {
  it('needs three earlier runs', () => {
    assert.deepEqual(judgeRun({ files: 0, bytes: 0 }, [USUAL, USUAL], FACTOR), []);
    assert.equal(judgeRun({ files: 0, bytes: 0 }, [USUAL, USUAL, USUAL], FACTOR).length, 2);
  });

  it('needs them to know the figure, and passes over what the run does not know', () => {
    const history = [USUAL, USUAL, { files: 50_000 }];
    assert.deepEqual(judgeRun({ files: 10, bytes: 0 }, history, FACTOR), [
      '10 files where the median of 3 runs is 50,000 files',
    ]);
    assert.deepEqual(judgeRun({}, HISTORY, FACTOR), []);
  });

  it('is not led astray by one bad run among the good', () => {
    const history = [
      USUAL,
      USUAL,
      { ...USUAL, files: 1, bytes: 1 },
      { ...USUAL, files: 9_000_000, bytes: 9_000 * GIB },
    ];
    assert.deepEqual(judgeRun(USUAL, history, FACTOR), []);
    assert.equal(judgeRun({ ...USUAL, files: 100, filesChanged: 1 }, history, FACTOR).length, 1);
  });

  it('takes the middle of two for an even number of runs', () => {
    const history = [10 * MIB, 20 * MIB, 40 * MIB, 900 * MIB].map((bytes) => ({ bytes }));
    assert.deepEqual(judgeRun({ bytes: 95 * MIB }, history, FACTOR), [
      '95.0 MiB where the median of 4 runs is 30.0 MiB',
    ]);
    assert.deepEqual(judgeRun({ bytes: 89 * MIB }, history, FACTOR), []);
  });

  it('goes by the factor', () => {
    assert.deepEqual(judgeRun({ ...USUAL, files: 20_000 }, HISTORY, { factor: 2 }).length, 1);
    assert.deepEqual(judgeRun({ ...USUAL, files: 20_000 }, HISTORY, { factor: 2.6 }), []);
  });

  it('never holds a run that is its own median, nor cares in which order the earlier ones come', () => {
    const figure = fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined });
    const figures = fc
      .record({ files: figure, bytes: figure, filesChanged: figure, bytesAdded: figure, bytesStored: figure })
      .map(
        (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JudgedFigures,
      );
    fc.assert(
      fc.property(
        figures,
        fc.array(figures, { maxLength: 20 }),
        fc.double({ min: 1.1, max: 20, noNaN: true }),
        (run, history, factor) => {
          assert.deepEqual(judgeRun(run, [run, run, run], { factor }), []);
          assert.deepEqual(judgeRun(run, history, { factor }), judgeRun(run, history.toReversed(), { factor }));
          for (const line of judgeRun(run, history, { factor })) assert.doesNotMatch(line, /NaN|Infinity|undefined/);
        },
      ),
    );
  });
});

import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAYABAY, freshRoot, item, MAY_20, makeArchive, pathsOf, SIGNAL } from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { dayAtNumber } from './day.ts';
import { layoutOf } from './layout.ts';
import { listShelf, readListing } from './listing.ts';
import type { ShelfEnd } from './model.ts';
import { executePurge, planPurge } from './purge.ts';

const SHELF = { ...DAYABAY, items: [item('tracs', 'dybsvn', { keep: 2 })] };
const at = (day: number): string => `tracs/dybsvn/2013/05/${String(day).padStart(2, '0')}/104702/dybsvn.tar.gz`;

async function makeDays(root: string, days: readonly number[]): Promise<void> {
  for (const day of days) await makeArchive(root, at(day));
}

async function plan(end: ShelfEnd, shelf = SHELF) {
  return planPurge(await listShelf(end, shelf, SIGNAL), { shelf, today: MAY_20 });
}

async function purged(end: ShelfEnd, shelf = SHELF) {
  return executePurge(await plan(end, shelf), end, { shelf, signal: SIGNAL });
}

test('the last stay, the others go with their sidecars and folders in one pass', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15, 16, 17, 18]);
  await mkdir(join(root, 'tracs/dybsvn/2013/04/30/104702'), { recursive: true });
  const end = endAt(context, root);
  const report = await purged(end);
  assert.deepEqual(pathsOf(report.removed), [at(15), at(16)]);
  assert.deepEqual(await readdir(join(root, 'tracs/dybsvn/2013')), ['05']);
  assert.deepEqual((await readdir(join(root, 'tracs/dybsvn/2013/05'))).sort(), ['17', '18']);
  assert.equal(report.folders.length, 7);
  assert.deepEqual((await plan(end)).folders, []);
});

test('the sidecar goes before its archive, the oldest archive first', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15, 16, 17, 18]);
  const end = endAt(context, root);
  await purged(end);
  const removals = end.calls.filter((call) => call.startsWith('remove'));
  assert.deepEqual(
    removals,
    [15, 16].flatMap((day) => [`remove ${at(day)}.dna`, `remove ${at(day)}`]),
  );
});

test('broken archives are not counted, and go only when older than all that stay', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [14, 15, 16]);
  await makeArchive(root, at(13), { dna: 'none' });
  await makeArchive(root, at(17), { dna: 'none' });
  await makeArchive(root, at(18), { content: 'x', dna: `{'dig': '${'0'.repeat(32)}', 'size': 99}` });
  const [group] = (await plan(endAt(context, root))).groups;
  assert.deepEqual(pathsOf(group!.keep), [at(16), at(15)]);
  assert.deepEqual(pathsOf(group!.remove), [at(14), at(13)]);
  assert.deepEqual(
    group!.left.map(({ archive, why }) => [archive.path, why]),
    [
      [at(18), '1 bytes instead of 99: 98 B missing at the end'],
      [at(17), 'has no sidecar'],
    ],
  );
});

test('empty archives with right sidecars push nothing out', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [14, 15]);
  for (const day of [16, 17, 18]) await makeArchive(root, at(day), { content: '' });
  const [group] = (await plan(endAt(context, root))).groups;
  assert.deepEqual(pathsOf(group!.keep), [at(15), at(14)]);
  assert.deepEqual(
    group!.left.map(({ why }) => why),
    Array(3).fill('0 B is less than 1 B'),
  );
});

test('with fewer than should stay, nothing goes, however broken', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15]);
  await makeArchive(root, at(13), { dna: 'none' });
  assert.deepEqual((await purged(endAt(context, root))).removed, []);
});

test('nothing goes when none that stays can be read back and matches', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15, 16, 17, 18]);
  for (const day of [17, 18]) await makeArchive(root, at(day), { dna: 'wrong' });
  const end = endAt(context, root);
  const report = await purged(end);
  assert.deepEqual(report.removed, []);
  assert.deepEqual(
    report.refused.map(({ why }) => why),
    ['none of the 2 that stay matches its sidecar'],
  );
  assert.deepEqual(end.calls, []);
});

test('one that matches is enough, be it the older', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15, 16, 17, 18]);
  await makeArchive(root, at(18), { dna: 'wrong' });
  assert.deepEqual(pathsOf((await purged(endAt(context, root))).removed), [at(15), at(16)]);
});

test('what is locked stays, and does not count', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [13, 14, 15, 16, 17, 18]);
  await writeFile(join(root, 'tracs/dybsvn/2013/05/18/LOCKED'), '');
  await mkdir(join(root, 'tracs/dybsvn/2012.LOCKED/empty'), { recursive: true });
  await writeFile(join(root, 'tracs/dybsvn/2013/05/13/LOCKED'), '');
  const end = endAt(context, root);
  const report = await purged(end);
  assert.deepEqual(pathsOf(report.removed), [at(14), at(15)]);
  assert.deepEqual((await readdir(join(root, 'tracs/dybsvn'))).sort(), ['2012.LOCKED', '2013']);
  assert.deepEqual((await readdir(join(root, 'tracs/dybsvn/2013/05'))).sort(), ['13', '16', '17', '18']);
  assert.deepEqual(await readdir(join(root, 'tracs/dybsvn/2012.LOCKED')), ['empty']);
});

test('what was locked or changed since the plan stays', async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [14, 15, 16, 17, 18]);
  const end = endAt(context, root);
  const before = await plan(end);
  await writeFile(join(root, 'tracs/dybsvn/2013/05/14/LOCKED'), '');
  await makeArchive(root, at(15), { content: 'another' });
  const report = await executePurge(before, end, { shelf: SHELF, signal: SIGNAL });
  assert.deepEqual(pathsOf(report.removed), [at(16)]);
  assert.deepEqual(pathsOf(report.changed), [at(14), at(15)]);
});

test("other items, strays and today's empty folders are left alone", async (context) => {
  const root = await freshRoot(context);
  await makeDays(root, [15, 16, 17, 18]);
  await makeArchive(root, 'svn/dybsvn/2013/05/01/104702/dybsvn-1.tar.gz');
  await mkdir(join(root, 'svn/empty'), { recursive: true });
  await mkdir(join(root, 'tracs/dybsvn/2013/05/20/104702'), { recursive: true });
  await writeFile(join(root, 'tracs/dybsvn/2013/05/15/104702/notes'), '');
  await purged(endAt(context, root));
  assert.deepEqual((await readdir(join(root, 'svn'))).sort(), ['dybsvn', 'empty']);
  assert.deepEqual((await readdir(join(root, 'tracs/dybsvn/2013/05'))).sort(), ['15', '17', '18', '20']);
  assert.deepEqual(await readdir(join(root, 'tracs/dybsvn/2013/05/20')), ['104702']);
});

test('an interrupted purge leaves unfinished archives at worst, and the next one ends it', async (context) => {
  for (let steps = 0; steps < 8; steps++) {
    const root = await freshRoot(context);
    await makeDays(root, [15, 16, 17, 18]);
    const end = endAt(context, root);
    let left = steps;
    const remove = async (path: string): Promise<void> => {
      if (left-- <= 0) throw new Error('power cut');
      await end.remove(path);
    };
    const failing: ShelfEnd = { ...end, remove };
    await (steps < 4 ? assert.rejects(purged(failing), /power cut/) : purged(failing));
    const { strays } = await listShelf(end, SHELF, SIGNAL);
    assert.deepEqual(strays, []);
    await purged(end);
    assert.deepEqual(pathsOf((await listShelf(end, SHELF, SIGNAL)).archives), [at(17), at(18)]);
    await rm(root, { recursive: true });
  }
});

test('whatever is there: enough finished ones stay, and no finished one that goes is newer than one that stays', () => {
  const layout = layoutOf(SHELF);
  const archive = fc.record({
    day: fc.integer({ min: 15_800, max: 15_845 }),
    state: fc.constantFrom('good', 'bare', 'cut'),
    second: fc.nat(59),
  });
  fc.assert(
    fc.property(fc.array(archive, { maxLength: 20 }), fc.integer({ min: 1, max: 5 }), (made, keep) => {
      const placed = new Map(
        made.map(({ day, state, second }) => {
          const time = `1047${String(second).padStart(2, '0')}`;
          return [
            layout.make({ category: 'tracs', name: 'dybsvn', file: 'd.tar.gz', day: dayAtNumber(day), time }),
            state,
          ];
        }),
      );
      const files = [...placed].flatMap(([path, state]) => [
        { path, bytes: 9, modifiedMs: 0 },
        ...(state === 'bare' ? [] : [{ path: `${path}.dna`, bytes: 64, modifiedMs: 0 }]),
      ]);
      const dna = (state: string): string => `{'dig': '${'0'.repeat(32)}', 'size': ${state === 'cut' ? 10 : 9}}`;
      const sidecars = new Map(
        [...placed].filter(([, state]) => state !== 'bare').map(([path, state]) => [`${path}.dna`, dna(state)]),
      );
      const listing = readListing({ files, folders: [], sidecars }, { layout, options: SHELF });
      const [group] = planPurge(listing, { shelf: SHELF, keep, today: MAY_20 }).groups;
      const good = [...placed].filter(([, state]) => state === 'good').length;
      assert.equal(group!.keep.length, Math.min(keep, good));
      assert.equal(group!.keep.length + group!.remove.length + group!.left.length, placed.size);
      const oldest = group!.keep.at(-1)?.path ?? '';
      assert.ok(group!.remove.every(({ path }) => group!.keep.length === keep && path < oldest));
    }),
  );
});

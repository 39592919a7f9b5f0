import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAYABAY, item, MAY_20 } from '../../test/shelf/dayabay.ts';
import type { Archive } from './model.ts';
import { partialPath } from './partial.ts';
import { planPurge } from './purge-plan.ts';
import { type PurgedAs, planTransfer } from './transfer-plan.ts';

const MD5 = 'a'.repeat(32);
const SHA = 'b'.repeat(64);

function archive(path: string, change: Partial<Archive> = {}): Archive {
  const bytes = change.bytes ?? 100;
  return {
    path,
    category: 'tracs',
    name: 'd',
    file: path.split('/').at(-1)!,
    day: { year: 2013, month: 5, day: 8 },
    time: '',
    bytes,
    modifiedMs: 0,
    sidecars: { dna: { md5: MD5, bytes }, sha256: undefined },
    badSidecar: undefined,
    ...change,
  };
}

const NONE = { dna: undefined, sha256: undefined };
const listing = (archives: Archive[], more: { path: string; bytes: number }[] = []) => ({
  archives,
  files: [...archives.map(({ path, bytes }) => ({ path, bytes })), ...more].map((file) => ({ ...file, modifiedMs: 0 })),
});

function planned(ours: Archive, theirs: Archive[], more: { path: string; bytes: number }[] = []) {
  const plan = planTransfer([ours], listing(theirs, more));
  const [step] = plan.steps;
  return step === undefined ? undefined : [step.action, step.presentBytes, step.finalBytes, step.why, plan.bytes];
}

test('what the target has finished and the same is left', () => {
  const ours = archive('a');
  assert.equal(planned(ours, [archive('a')]), undefined);
  const both = { dna: { md5: MD5, bytes: 100 }, sha256: SHA };
  assert.equal(planned(ours, [archive('a', { sidecars: both })]), undefined);
  assert.equal(planned(archive('a', { sidecars: both }), [archive('a')]), undefined);
});

test('what it has not, or in part, is sent', () => {
  const ours = archive('a');
  assert.deepEqual(planned(ours, []), ['send', 0, undefined, 'not at the target', 100]);
  const part = { path: partialPath('a'), bytes: 30 };
  assert.deepEqual(planned(ours, [], [part]), ['send', 30, undefined, 'arrived in part', 70]);
  assert.deepEqual(planned(ours, [], [{ ...part, bytes: 101 }]), ['send', 0, undefined, 'arrived in part', 100]);
  const unfinished = archive('a', { bytes: 40, sidecars: NONE });
  assert.deepEqual(planned(ours, [unfinished]), ['send', 40, 40, 'at the target: has no sidecar', 60]);
  assert.deepEqual(planned(ours, [unfinished], [part])?.slice(0, 3), ['send', 30, 40]);
});

test('what is broken there is sent, what is another one replaced', () => {
  const ours = archive('a');
  const cut = archive('a', { bytes: 60, sidecars: { dna: { md5: MD5, bytes: 100 }, sha256: undefined } });
  assert.deepEqual(planned(ours, [cut])?.slice(0, 3), ['send', 60, 60]);
  assert.match(String(planned(ours, [archive('a', { badSidecar: '.dna cannot be read' })])?.[3]), /cannot be read/);
  const other = archive('a', { sidecars: { dna: { md5: 'c'.repeat(32), bytes: 100 }, sha256: undefined } });
  assert.deepEqual(planned(ours, [other]), ['replace', 0, 100, 'the target has another one, by its digest', 100]);
  const larger = archive('a', { bytes: 200 });
  assert.deepEqual(planned(ours, [larger])?.slice(0, 2), ['replace', 0]);
  const incomparable = archive('a', { sidecars: { dna: undefined, sha256: SHA } });
  assert.match(String(planned(ours, [incomparable])?.[3]), /no digest in common/);
  assert.deepEqual(planned(ours, [], [{ path: 'a', bytes: 9 }])?.slice(0, 3), ['replace', 0, 9]);
});

test('what is not finished at the source is told and not sent', () => {
  const { steps, unfit } = planTransfer(
    [
      archive('b', { sidecars: NONE }),
      archive('a', { badSidecar: '.dna cannot be read' }),
      archive('c', { bytes: 5, sidecars: { dna: { md5: MD5, bytes: 6 }, sha256: undefined } }),
    ],
    listing([]),
  );
  assert.equal(steps.length, 0);
  assert.deepEqual(
    unfit.map(({ archive: { path } }) => path),
    ['a', 'b', 'c'],
  );
  assert.ok(unfit.every(({ why }) => why !== ''));
});

test('every archive of the source is in the plan once, and nothing else is', () => {
  const paths = fc.uniqueArray(fc.constantFrom('a', 'b', 'c/d', 'e', 'f'));
  const state = fc.record({ bytes: fc.integer({ min: 0, max: 3 }), finished: fc.boolean() });
  const made = (path: string, { bytes, finished }: { bytes: number; finished: boolean }) =>
    archive(path, { bytes, sidecars: finished ? { dna: { md5: MD5, bytes }, sha256: undefined } : NONE });
  const shelf = fc
    .tuple(paths, fc.array(state, { minLength: 5, maxLength: 5 }))
    .map(([names, states]) => names.map((path, at) => made(path, states[at]!)));
  fc.assert(
    fc.property(shelf, shelf, (ours, theirs) => {
      const { steps, present, unfit, bytes } = planTransfer(ours, listing(theirs));
      const told = [...steps.map((step) => step.archive), ...present, ...unfit.map((each) => each.archive)];
      assert.deepEqual(told.map(({ path }) => path).sort(), ours.map(({ path }) => path).sort());
      for (const each of present)
        assert.ok(theirs.some((other) => other.path === each.path && other.sidecars.dna !== undefined));
      assert.ok(bytes >= 0 && bytes <= ours.reduce((sum, each) => sum + each.bytes, 0));
    }),
  );
});

/** Archives of one item, named by their day of May. */
function days(...numbers: number[]): Archive[] {
  return numbers.map((number) =>
    archive(`tracs/d/${number}/d.tar.gz`, { day: { year: 2013, month: 5, day: number }, file: 'd.tar.gz' }),
  );
}

const purged = (more: Partial<PurgedAs> = {}): PurgedAs => {
  return { shelf: { ...DAYABAY, items: [item('tracs', 'd', { keep: 2 })] }, locked: [], ...more };
};
const daysOf = (archives: readonly Archive[]): number[] => archives.map(({ day }) => day!.day);

function limited(ours: Archive[], theirs: Archive[], more: Partial<PurgedAs> = {}) {
  const { steps, older, present, unfit } = planTransfer(ours, listing(theirs), purged(more));
  return {
    sent: daysOf(steps.map((step) => step.archive)),
    older: daysOf(older),
    present: daysOf(present),
    unfit: daysOf(unfit.map((each) => each.archive)),
  };
}

test('what the next purge would remove again is not sent, and is told', () => {
  assert.deepEqual(limited(days(11, 12, 13, 14), []), { sent: [13, 14], older: [11, 12], present: [], unfit: [] });
  assert.deepEqual(limited(days(11, 12, 13), days(12, 13)), { sent: [], older: [11], present: [12, 13], unfit: [] });
  assert.deepEqual(limited(days(11, 12, 13), days(11, 12)), { sent: [13], older: [], present: [11, 12], unfit: [] });
  assert.deepEqual(limited(days(11, 12, 13), [], { keep: 1 }).sent, [13]);
  // Newer ones that only the target has count as well.
  assert.deepEqual(limited(days(11, 12), days(15, 16)).sent, []);
});

test('only what purge would count keeps older ones from being sent', () => {
  const [bare] = days(14);
  assert.deepEqual(limited([...days(11, 12, 13), { ...bare!, sidecars: NONE }], []), {
    sent: [12, 13],
    older: [11],
    present: [],
    unfit: [14],
  });
  // An unfit one that is older than all that stay would go as well.
  assert.deepEqual(limited([{ ...days(11)[0]!, sidecars: NONE }, ...days(12, 13)], []).unfit, []);
  const small = days(14).map((each) => ({
    ...each,
    bytes: 0,
    sidecars: { dna: { md5: MD5, bytes: 0 }, sha256: undefined },
  }));
  assert.deepEqual(limited([...days(11, 12, 13), ...small], []).sent, [12, 13, 14]);
});

test('what is locked is neither counted nor kept from being sent', () => {
  assert.deepEqual(limited(days(11, 12, 13, 14), [], { locked: ['tracs/d/11', 'tracs/d/14'] }).sent, [11, 12, 13, 14]);
  const [named] = days(11);
  assert.deepEqual(limited([{ ...named!, path: 'tracs/d/11.LOCKED/d.tar.gz' }, ...days(12, 13, 14)], []), {
    sent: [11, 13, 14],
    older: [12],
    present: [],
    unfit: [],
  });
});

test('a purge after a transfer removes nothing that was sent, and a transfer after that purge sends nothing', () => {
  const day = fc.integer({ min: 1, max: 9 });
  const side = fc.uniqueArray(fc.tuple(day, fc.boolean()), { selector: ([number]) => number });
  const made = (given: [number, boolean][]) =>
    given.flatMap(([number, finished]) => days(number).map((each) => (finished ? each : { ...each, sidecars: NONE })));
  const { shelf } = purged();
  fc.assert(
    fc.property(side, side, fc.uniqueArray(day), (ours, theirs, locks) => {
      const locked = locks.map((number) => `tracs/d/${number}`);
      const source = made(ours);
      const sent = planTransfer(source, listing(made(theirs)), purged({ locked })).steps.map((step) => step.archive);
      const paths = new Set(sent.map(({ path }) => path));
      const after = [...made(theirs).filter(({ path }) => !paths.has(path)), ...sent];
      const removed = planPurge({ ...listing(after), strays: [], folders: [], locked }, { shelf, today: MAY_20 })
        .groups[0]!.remove;
      assert.deepEqual(
        removed.filter((each) => sent.includes(each)),
        [],
      );
      const left = after.filter((each) => !removed.includes(each));
      assert.deepEqual(planTransfer(source, listing(left), purged({ locked })).steps, []);
    }),
  );
});

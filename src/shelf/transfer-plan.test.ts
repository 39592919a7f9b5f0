import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Archive } from './model.ts';
import { partialPath } from './partial.ts';
import { planTransfer } from './transfer-plan.ts';

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

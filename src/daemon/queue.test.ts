import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAINTENANCE_BEHIND_MS, PRUNE_RESERVE_MS } from '../base/limits.ts';
import { admit, type Place, type Waiting } from './queue.ts';

type Kind = 'backup' | 'verify' | 'prune';

function waits(kind: Kind, subject: string, given: { vault?: string; beginMs?: number } = {}): Waiting {
  const { vault = 'main', beginMs = 0 } = given;
  return { request: { kind, subject, trigger: 'schedule', dueMs: beginMs }, vault, beginMs };
}

function admitted(
  waiting: Waiting[],
  running: Place[],
  given: { runsAtOnce?: number; others?: Place[]; nowMs?: number } = {},
) {
  const { runsAtOnce = 8, others = [], nowMs = 0 } = given;
  return admit(waiting, running, { runsAtOnce, others, nowMs }).map(
    ({ request }) => `${request.kind} ${request.subject}`,
  );
}

describe('what may begin', () => {
  it('is the longest waiting, up to the limit', () => {
    const waiting = [
      waits('backup', 'c', { beginMs: 3 }),
      waits('backup', 'a', { beginMs: 1 }),
      waits('backup', 'b', { beginMs: 2 }),
    ];
    assert.deepEqual(admitted(waiting, [], { runsAtOnce: 2 }), ['backup a', 'backup b']);
    assert.deepEqual(admitted(waiting, [waits('backup', 'd')], { runsAtOnce: 2 }), ['backup a']);
    assert.deepEqual(admitted(waiting, [waits('backup', 'd')], { runsAtOnce: 1 }), []);
  });

  it('is one run of a plan at a time, also when somebody runs it by hand', () => {
    assert.deepEqual(admitted([waits('backup', 'a')], [], { others: [waits('backup', 'a')] }), []);
    assert.deepEqual(admitted([waits('backup', 'a')], [], { runsAtOnce: 1, others: [waits('backup', 'b')] }), [
      'backup a',
    ]);
  });

  it('is a test of fencing whatever else runs, as it takes no place', () => {
    const fencing = (subject: string): Waiting => {
      return { request: { kind: 'fencing', subject, trigger: 'schedule', dueMs: 5 }, vault: undefined, beginMs: 5 };
    };
    const running = [waits('backup', 'a'), waits('prune', 'main')];
    const waiting = [waits('backup', 'b'), fencing('oss'), fencing('mds')];
    assert.deepEqual(admitted(waiting, running, { runsAtOnce: 2 }), ['fencing oss', 'fencing mds']);
    assert.deepEqual(admitted(waiting, [fencing('oss')], { runsAtOnce: 1 }), ['backup b', 'fencing mds']);
    assert.deepEqual(admitted([fencing('oss')], [], { others: [fencing('oss')] }), []);
  });

  it('is one maintenance run of a vault, beside backups only for verification', () => {
    assert.deepEqual(admitted([waits('verify', 'main')], [waits('backup', 'a')]), ['verify main']);
    assert.deepEqual(admitted([waits('verify', 'main')], [waits('prune', 'main')]), []);
    assert.deepEqual(admitted([waits('prune', 'main')], [waits('backup', 'a')]), []);
    assert.deepEqual(admitted([waits('backup', 'a')], [waits('prune', 'main')]), []);
    assert.deepEqual(admitted([waits('prune', 'main')], [waits('backup', 'a', { vault: 'other' })]), ['prune main']);
  });

  it('is a backup before maintenance that became due at the same time, but not for ever', () => {
    const waiting = [waits('verify', 'main'), waits('backup', 'a', { beginMs: 1 })];
    assert.deepEqual(admitted(waiting, [], { runsAtOnce: 1 }), ['backup a']);
    const later = [waits('verify', 'main'), waits('backup', 'a', { beginMs: MAINTENANCE_BEHIND_MS + 1 })];
    assert.deepEqual(admitted(later, [], { runsAtOnce: 1 }), ['verify main']);
  });

  it('keeps a vault free for a prune that waits, for a while', () => {
    const beginMs = MAINTENANCE_BEHIND_MS + 1;
    const waiting = [
      waits('prune', 'main'),
      waits('backup', 'b', { beginMs }),
      waits('backup', 'c', { beginMs, vault: 'other' }),
    ];
    const running = [waits('backup', 'a')];
    assert.deepEqual(admitted(waiting, running, { nowMs: PRUNE_RESERVE_MS }), ['backup c']);
    assert.deepEqual(admitted(waiting, running, { nowMs: PRUNE_RESERVE_MS + 1 }), ['backup b', 'backup c']);
  });

  it('never breaks a rule, whatever waits and runs', () => {
    const place = fc.record({
      kind: fc.constantFrom<Kind>('backup', 'verify', 'prune'),
      plan: fc.constantFrom('a', 'b', 'c'),
      vault: fc.constantFrom('x', 'y'),
      beginMs: fc.integer({ min: 0, max: 3_600_000 }),
    });
    const waitingOf = ({
      kind,
      plan,
      vault,
      beginMs,
    }: {
      kind: Kind;
      plan: string;
      vault: string;
      beginMs: number;
    }): Waiting => waits(kind, kind === 'backup' ? plan : vault, { vault, beginMs });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (places, runsAtOnce) => {
        const begun = admit(places.map(waitingOf), [], { runsAtOnce, others: [], nowMs: 1_800_000 });
        assert.ok(begun.length <= runsAtOnce && (places.length === 0 || begun.length > 0));
        const keys = begun.map(({ request }) => `${request.kind} ${request.subject}`);
        assert.equal(new Set(keys).size, keys.length);
        for (const vault of ['x', 'y']) {
          const kinds = begun.filter((each) => each.vault === vault).map(({ request }) => request.kind);
          assert.ok(!kinds.includes('prune') || kinds.length === 1, kinds.join());
          assert.ok(kinds.filter((kind) => kind !== 'backup').length <= 1, kinds.join());
        }
      }),
    );
  });
});

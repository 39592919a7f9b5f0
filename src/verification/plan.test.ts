import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Random, simulated } from '../host.ts';
import { type PackSize, planReading } from './plan.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const POLICY = { shareOfBytes: 0.25, nowMs: NOW, provenForMs: 40 * DAY };

function packs(...sizes: number[]): PackSize[] {
  return sizes.map((bytes, i) => ({ name: String.fromCharCode(97 + i), bytes }));
}

/** Times of readings, so many days before now. */
function read(days: Record<string, number>): Map<string, number> {
  return new Map(Object.entries(days).map(([name, ago]) => [name, NOW - ago * DAY]));
}

describe('what to read next', () => {
  test('what was never read comes first, then what was read the longest ago', () => {
    const verified = read({ a: 3, b: 9, d: 5 });
    const plan = planReading(packs(10, 10, 10, 10), verified, { ...POLICY, shareOfBytes: 0.75 });
    assert.deepEqual(plan.packs, ['c', 'b', 'd']);
    assert.equal(plan.bytes, 30);
  });

  test('the share is of bytes, and the pack that reaches it is taken whole', () => {
    assert.deepEqual(planReading(packs(100, 1, 1), new Map(), { ...POLICY, shareOfBytes: 0.1 }).packs, ['a']);
    assert.deepEqual(planReading(packs(1, 1, 100), new Map(), { ...POLICY, shareOfBytes: 0.1 }).packs, ['a', 'b', 'c']);
    assert.deepEqual(planReading(packs(1, 1, 1, 1), new Map(), { ...POLICY, shareOfBytes: 1 }).packs.length, 4);
  });

  test('at least one pack is read, however small the share; of an empty vault none', () => {
    for (const verified of [new Map<string, number>(), read({ a: 0, b: 1 })])
      assert.equal(planReading(packs(5, 5), verified, { ...POLICY, shareOfBytes: 1e-9 }).packs.length, 1);
    const empty = planReading([], new Map(), POLICY);
    assert.deepEqual(empty, { packs: [], bytes: 0, coverage: { share: 1, oldestMs: undefined, unread: 0 } });
  });

  test('what the listing shows to be amiss is taken whatever the share and the bound', () => {
    const sizes: PackSize[] = [
      { name: 'a', bytes: 10 },
      { name: 'x', bytes: 0, isWhole: false },
      { name: 'b', bytes: 10 },
      { name: 'y', bytes: 99, isWhole: false },
    ];
    const verified = read({ a: 2, x: 0, b: 1, y: 0 });
    const plan = planReading(sizes, verified, { ...POLICY, shareOfBytes: 0.01, bytesMax: 1 });
    assert.deepEqual(plan.packs, ['x', 'y']);
    assert.deepEqual([plan.coverage.unread, plan.coverage.oldestMs], [2, undefined]);
  });

  test('no more than the bound is read, but one pack', () => {
    const policy = { ...POLICY, shareOfBytes: 1 };
    assert.deepEqual(planReading(packs(10, 10, 10), new Map(), { ...policy, bytesMax: 20 }).packs, ['a', 'b']);
    assert.deepEqual(planReading(packs(10, 10, 10), new Map(), { ...policy, bytesMax: 5 }).packs, ['a']);
    assert.deepEqual(planReading(packs(10, 10), read({ a: 1, b: 2 }), { ...policy, bytesMax: 15 }).packs, ['b']);
  });

  test('a reading in the future is none: the clock was wrong when it was made', () => {
    const verified = new Map([
      ['a', NOW + DAY],
      ['b', NOW + 60_000],
    ]);
    const plan = planReading(packs(10, 10), verified, { ...POLICY, shareOfBytes: 0.5 });
    assert.deepEqual(plan.packs, ['a']);
    assert.deepEqual(plan.coverage, { share: 0.5, oldestMs: undefined, unread: 1 });
  });

  test('coverage counts bytes of readings that still count', () => {
    const sizes = packs(10, 20, 70);
    assert.deepEqual(planReading(sizes, new Map(), POLICY).coverage, { share: 0, oldestMs: undefined, unread: 3 });
    const some = planReading(sizes, read({ a: 1, b: 41 }), POLICY).coverage;
    assert.deepEqual(some, { share: 0.1, oldestMs: undefined, unread: 1 });
    const all = planReading(sizes, read({ a: 1, b: 40, c: 2 }), POLICY).coverage;
    assert.deepEqual(all, { share: 1, oldestMs: NOW - 40 * DAY, unread: 0 });
  });

  test('what is due has a share of its own beside what was never read', () => {
    const sizes = packs(10, 10, 10, 10, 10, 10, 10, 10);
    const verified = read({ a: 20, b: 21, c: 19, d: 1 });
    assert.deepEqual(planReading(sizes, verified, POLICY).packs, ['e', 'f', 'b', 'a'], 'c is not due');
    assert.deepEqual(planReading(sizes, verified, { ...POLICY, provenForMs: 50 * DAY }).packs, ['e', 'f']);
  });
});

/** A vault over many days, one reading a day. */
class Vaulted {
  readonly sizes = new Map<string, number>();
  readonly verified = new Map<string, number>();
  /** The day each pack came. */
  readonly since = new Map<string, number>();
  readonly #random: Random;
  #next = 0;
  day = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get bytes(): number {
    return this.sizes.values().reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Names come in no order, as digests do. */
  add(bytes: number): string {
    const name = `${this.#random.int(2 ** 20)} ${this.#next++}`;
    this.sizes.set(name, bytes);
    this.since.set(name, this.day);
    return name;
  }

  /** Takes some away at random, and puts at least as much in their place. */
  change({ isReadBack, growth }: { isReadBack: boolean; growth: number }): void {
    const before = this.bytes;
    for (const name of [...this.sizes.keys()]) if (this.#random.int(20) === 0) this.sizes.delete(name);
    while (this.bytes < before + growth) {
      const name = this.add(1 + this.#random.int(30));
      if (isReadBack) this.verified.set(name, this.nowMs);
    }
  }

  get nowMs(): number {
    return NOW + this.day * DAY;
  }

  read(share: number, provenForMs: number): { bytes: number } {
    const sizes = [...this.sizes].map(([name, bytes]) => ({ name, bytes }));
    const policy = { shareOfBytes: share, nowMs: this.nowMs, provenForMs };
    const plan = planReading(sizes, this.verified, policy);
    for (const name of plan.packs) this.verified.set(name, this.nowMs);
    this.day++;
    return plan;
  }

  /** Days since the least lately read of the packs that were there on `day`; infinite when one never was. */
  oldest(day: number): number {
    const there = [...this.sizes.keys()].filter((name) => this.since.get(name)! <= day);
    const ages = there.map((name) => (this.nowMs - (this.verified.get(name) ?? Number.NEGATIVE_INFINITY)) / DAY);
    return Math.max(0, ...ages);
  }
}

const START = fc.record({
  seed: fc.integer(),
  sizes: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
  turns: fc.integer({ min: 1, max: 12 }),
});

describe('reading day after day', () => {
  test('covers all that stays within 1 ∕ share readings, while packs come and go', () => {
    fc.assert(
      fc.property(START, fc.boolean(), ({ seed, sizes, turns }, isRead) => {
        const vault = new Vaulted(simulated.seededRandom(seed));
        for (const size of sizes) {
          const name = vault.add(size);
          if (isRead) vault.verified.set(name, NOW - 1000 * DAY);
        }
        for (let turn = 0; turn < turns; turn++) {
          if (turn > 0) vault.change({ isReadBack: true, growth: 0 });
          vault.read(1 / turns, 40 * DAY);
        }
        assert.ok(vault.oldest(0) <= turns);
        for (let turn = 0; turn < 3 * turns; turn++) {
          vault.change({ isReadBack: true, growth: 0 });
          vault.read(1 / turns, 40 * DAY);
          assert.ok(vault.oldest(vault.day) <= turns, `${vault.oldest(vault.day)} of ${turns}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('lets nothing grow too old, however much comes that nobody has read back', () => {
    fc.assert(
      fc.property(START, fc.integer({ min: 0, max: 400 }), ({ seed, sizes, turns }, growth) => {
        const vault = new Vaulted(simulated.seededRandom(seed));
        for (const size of sizes) vault.verified.set(vault.add(size), NOW);
        const days = 2 * turns + 2;
        for (let turn = 0; turn < 2 * days; turn++) {
          const { bytes } = vault.read(1 / turns, days * DAY);
          assert.ok(bytes <= (2 * vault.bytes) / turns + 60, 'at most twice the share');
          assert.ok(vault.oldest(0) <= days, `${vault.oldest(0)} of ${days} days`);
          vault.change({ isReadBack: false, growth });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('takes each pack once, in the order of need', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 50 }),
        fc.infiniteStream(fc.option(fc.integer({ min: 0, max: 60 }))),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (names, ages, shareOfBytes) => {
          const verified = new Map<string, number>();
          for (const name of names) {
            const age = ages.next().value;
            if (typeof age === 'number') verified.set(name, NOW - age * DAY);
          }
          const sizes = names.map((name, i) => ({ name, bytes: 1 + (i % 7) }));
          const plan = planReading(sizes, verified, { ...POLICY, shareOfBytes });
          assert.equal(new Set(plan.packs).size, plan.packs.length);
          const times = plan.packs.map((name) => verified.get(name) ?? 0);
          assert.deepEqual(
            times,
            [...times].sort((a, b) => a - b),
          );
          const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
          assert.ok(plan.packs.length > 0 && plan.bytes >= Math.min(all, shareOfBytes * all) - 1e-6);
        },
      ),
    );
  });
});

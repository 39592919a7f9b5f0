import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulated } from '../../host.ts';
import { readMmp } from './read.ts';
import { sampleDevice, sampleMmp } from './sample-blocks.ts';
import { sampleHost } from './sample-host.ts';
import { sightOf, type Watched, watchMmp } from './watch.ts';

interface Turn {
  atMs: number;
  change(bytes: Buffer): void;
}

/** Watches for `forMs`, changes the device in between, and gives what was said when it changed. */
async function watched(bytes: Buffer, forMs: number, turns: readonly Turn[] = []): Promise<[number, string][]> {
  const clock = simulated.fixedClock();
  const host = sampleHost({ '/dev/sdb': { bytes } }, { clock });
  const end = new AbortController();
  const said: [number, string][] = [];
  const seen: Watched[] = [];
  const watching = (async () => {
    for await (const each of watchMmp(host, '/dev/sdb', end.signal)) {
      seen.push(each);
      if (said.at(-1)?.[1] !== each.activity) said.push([clock.monotonicMs(), each.activity]);
    }
  })();
  watching.catch(() => undefined);
  for (let atMs = 0; atMs < forMs; atMs += 500) {
    for (const turn of turns) if (turn.atMs === atMs) turn.change(bytes);
    await clock.advance(500);
  }
  end.abort(new Error('enough'));
  await assert.rejects(watching, /enough/);
  assert.ok(seen.length >= forMs / 5000, 'it was looked at');
  return said;
}

const writeMmp = (sequence: number) => (bytes: Buffer) => {
  sampleMmp({ sequence, checkIntervalS: 5 }).copy(bytes, 8192);
};
const quick = (sequence: number) => sampleDevice({ updateIntervalS: 1 }, { sequence, checkIntervalS: 5 });

describe('watching a device', () => {
  it('takes a moving sequence for active, a standing one for stale after as long as a mount waits', async () => {
    const turns = [1, 2, 3, 4, 5].map((at) => ({ atMs: at * 1000 - 500, change: writeMmp(100 + at) }));
    assert.deepEqual(await watched(quick(100), 20_000, turns), [
      [0, 'undecided'],
      [1000, 'active'],
      [16_000, 'stale'],
    ]);
  });

  it('is undecided until then', async () => {
    assert.deepEqual(await watched(quick(100), 10_500), [[0, 'undecided']]);
    assert.deepEqual(await watched(quick(100), 12_000), [
      [0, 'undecided'],
      [11_000, 'stale'],
    ]);
  });

  it('sees a stale one come back to life, and an unmount', async () => {
    const turns = [
      { atMs: 11_500, change: writeMmp(7) },
      { atMs: 12_500, change: writeMmp(0xff4d4d50) },
    ];
    assert.deepEqual(await watched(quick(100), 14_000, turns), [
      [0, 'undecided'],
      [11_000, 'stale'],
      [12_000, 'active'],
      [13_000, 'clean'],
    ]);
  });

  it('takes a mount of a clean one for active at once', async () => {
    assert.deepEqual(await watched(quick(0xff4d4d50), 4000, [{ atMs: 1500, change: writeMmp(9) }]), [
      [0, 'clean'],
      [2000, 'active'],
    ]);
  });

  it('takes nothing for a move that began with damage', async () => {
    const broken = quick(100);
    broken[8192] = 0;
    assert.deepEqual(await watched(broken, 4000, [{ atMs: 1500, change: writeMmp(100) }]), [
      [0, 'unreadable'],
      [2000, 'undecided'],
    ]);
  });

  it('looks no oftener than needed', async () => {
    const clock = simulated.fixedClock();
    const host = sampleHost(
      { '/dev/sdb': { bytes: sampleDevice({ updateIntervalS: 300 }, { sequence: 1 }) } },
      { clock },
    );
    const end = new AbortController();
    const next = watchMmp(host, '/dev/sdb', end.signal);
    await next.next();
    const second = next.next();
    await clock.advance(4999);
    assert.equal(host.reads, 2);
    await clock.advance(1);
    await second;
    assert.equal(host.reads, 4);
  });
});

describe('a sight', () => {
  it('counts only the time between two reads, not what a read takes', async () => {
    const clock = simulated.fixedClock();
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice({}, { sequence: 5 }) } }, { clock });
    const reading = await readMmp(host, '/dev/sdb');
    const first = sightOf(undefined, reading, { beginMs: 0, endMs: 40_000 });
    // It hung for as long as the kernel waits; what it brought may be as old as its beginning.
    const slow = sightOf(first, reading, { beginMs: 42_500, endMs: 85_000 });
    assert.deepEqual([slow.watched.stillMs, slow.watched.activity], [2500, 'undecided']);
    const late = sightOf(slow, reading, { beginMs: 87_500, endMs: 87_600 });
    assert.deepEqual([late.watched.stillMs, late.watched.activity], [47_500, 'stale']);
  });
});

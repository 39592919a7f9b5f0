/**
 * The archive shelf against the tools its users have: `node bench/shelf.ts [--size 2G] [--rounds 5] [--folder DIR]`.
 * A run of full size writes shelf-results.md; others only print.
 * - transfer: over ssh on loopback, against scp and then md5sum and sha256sum at both ends, one after the other.
 * - check: against md5sum and sha256sum at the same time on the same file.
 * Rounds are paired: both sides take their turn in each, the one that begins changes, and medians of the ratios count.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatBytes, MIB, parseBytes } from '../src/base/bytes.ts';
import { processIdentity, ssh, systemClock, systemProcesses, systemRandom } from '../src/host.ts';
import { listings, localEnd, type ShelfOptions, sshEnd, transfer } from '../src/shelf.ts';
import { requirePeer } from '../test/peers.ts';
import { startSshd } from '../test/sshd.ts';
import { FULL_SIZE, shelfReport } from './shelf-report.ts';

const ARCHIVE = 'tracs/dybsvn/2013/05/08/104701/dybsvn.tar.gz';
const SHELF: ShelfOptions = {
  name: 'bench',
  root: '',
  layout: 'dated',
  items: [{ category: 'tracs', name: 'dybsvn', file: '*.tar.gz', perDay: 1, minBytes: 1, keep: 3 }],
  sidecars: ['dna', 'sha256'],
  timezone: undefined,
};

interface Bench {
  source: string;
  target: string;
  address: ssh.SshAddress;
  bytes: number;
}

type Side = (bench: Bench) => Promise<void>;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: FULL_SIZE },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const folder = mkdtempSync(join(values.folder, 'holdfast-bench-'));
const sshd = await startSshd();
try {
  const bench: Bench = {
    source: join(folder, 'source'),
    target: join(folder, 'target'),
    address: sshd.address(),
    bytes: parseBytes(values.size),
  };
  makeArchive(bench);
  const rounds = Number(values.rounds);
  const ratios = {
    transfer: await compare('transfer', { bench, rounds, ours: transferOurs, theirs: transferTheirs }),
    check: await compare('check', { bench, rounds, ours: checkOurs, theirs: checkTheirs }),
  };
  if (bench.bytes >= parseBytes(FULL_SIZE)) {
    const writtenOn = new Date().toISOString().slice(0, 10);
    const cores = availableParallelism();
    const page = join(import.meta.dirname, 'shelf-results.md');
    writeFileSync(page, shelfReport({ ratios, size: values.size, rounds, cores, writtenOn }));
    say(`written: ${page}`);
  }
} finally {
  await sshd[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}

interface Pair {
  bench: Bench;
  rounds: number;
  ours: Side;
  theirs: Side;
}

/** @returns the median of how many times as fast */
async function compare(name: string, { bench, rounds, ours, theirs }: Pair): Promise<number> {
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const seconds = new Map<Side, number>();
    for (const side of round % 2 === 1 ? [ours, theirs] : [theirs, ours]) seconds.set(side, await timed(side, bench));
    const [mine, other] = [seconds.get(ours)!, seconds.get(theirs)!];
    ratios.push(other / mine);
    say(
      `${name} ${round}: holdfast ${rate(bench, mine)}, tools ${rate(bench, other)}, ${(other / mine).toFixed(2)} times as fast`,
    );
  }
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]!;
  say(`${name}: ${median.toFixed(2)} times as fast as the tools, median of ${rounds}`);
  return median;
}

/** With the file in memory, an empty target, and nothing left to be written to the disk from before. */
async function timed(side: Side, bench: Bench): Promise<number> {
  rmSync(bench.target, { recursive: true, force: true });
  mkdirSync(bench.target);
  execFileSync('cat', [join(bench.source, ARCHIVE)], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('sync');
  const startMs = systemClock.monotonicMs();
  await side(bench);
  return (systemClock.monotonicMs() - startMs) / 1000;
}

async function transferOurs({ source, target, address }: Bench): Promise<void> {
  await using here = localEnd(source);
  await using there = sshEnd(ssh.sshProcesses(systemProcesses, address), { address: `far:${target}`, root: target });
  const { signal } = new AbortController();
  const { archives } = await listings.listShelf(here, SHELF, signal);
  const plan = transfer.planTransfer(archives, await listings.listShelf(there, SHELF, signal));
  const report = await transfer.executeTransfer(plan, {
    source: here,
    target: there,
    options: { retries: 0, timeLimitMs: 3_600_000, sidecars: SHELF.sidecars },
    identity: processIdentity(),
    clock: systemClock,
    random: systemRandom,
    signal,
  });
  if (report.outcomes[0]?.result !== 'sent')
    throw new Error('the transfer failed', { cause: report.outcomes[0]?.error });
}

async function transferTheirs({ source, target, address }: Bench): Promise<void> {
  const file = join(source, ARCHIVE);
  const options = ['-F', 'none', '-o', `UserKnownHostsFile=${address.knownHostsFile}`, '-o', 'BatchMode=yes'];
  const whole = [...options, '-i', address.identityFile!, '-P', String(address.port), '-q'];
  await run('scp', [...whole, file, `${address.user}@${address.address}:${join(target, 'archive')}`]);
  for (const path of [file, join(target, 'archive')])
    for (const tool of ['md5sum', 'sha256sum']) await run(tool, [path]);
}

async function checkOurs({ source }: Bench): Promise<void> {
  await using end = localEnd(source);
  await end.digest(ARCHIVE, new AbortController().signal);
}

async function checkTheirs({ source }: Bench): Promise<void> {
  await Promise.all(['md5sum', 'sha256sum'].map((tool) => run(tool, [join(source, ARCHIVE)])));
}

async function run(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

/** Random bytes, as archives are compressed, with their sidecar. */
function makeArchive({ source, bytes }: Bench): void {
  requirePeer('sshd');
  const path = join(source, ARCHIVE);
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  const piece = randomBytes(16 * MIB);
  for (let at = 0; at < bytes; at += piece.length) {
    piece.writeDoubleLE(at, 0);
    writeSync(file, piece, 0, Math.min(piece.length, bytes - at));
  }
  closeSync(file);
  const md5 = execFileSync('md5sum', [path]).toString().slice(0, 32);
  writeFileSync(`${path}.dna`, `{'dig': '${md5}', 'size': ${bytes}}\n`);
}

function rate({ bytes }: Bench, seconds: number): string {
  return `${seconds.toFixed(2)} s (${formatBytes(bytes / seconds)}/s)`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes `results.md` from what was measured: ratios, memory, and how far each aim was reached. */

import { caseOf, OPERATIONS, type Operation } from './cases.ts';
import { aimRows } from './report/aims.ts';
import { betterPeerRatios, limitShares, memoryPeakMiB, peerRatios, spread } from './report/ratios.ts';
import type { CaseResult, OperationResult, Results } from './results.ts';

const OPERATION_TITLES: Record<Operation, string> = {
  first: 'first backup',
  unchanged: 'nothing changed',
  changed: '1 % changed',
  restore: 'restore',
  check: 'check --read-data',
};

/** @param notes kept by hand: what stands in the way of the aims that are missed. */
export function report(results: Results, notes: string): string {
  const names = Object.keys(results.cases);
  return [
    '# Measurements',
    '',
    'Written by `npm run bench`; only the section *What stands in the way* is kept by hand, in [notes.md](notes.md).',
    `Every number says how many times as long the peer took as Holdfast on the same data, so 2.0 means twice as fast.`,
    '',
    ...aimTable(results),
    ...(notes.trim() === '' ? [] : ['## What stands in the way', '', notes.trim(), '']),
    ...names.flatMap((name) => caseSection(name, results.cases[name]!)),
    ...method(results),
    '',
  ].join('\n');
}

function aimTable(results: Results): string[] {
  const rows = aimRows(results).map(({ aim, where, measured, verdict }) => [aim, where, measured, verdict]);
  return ['## Aims', '', ...table(['aim', 'case', 'measured', ''], rows), ''];
}

function caseSection(name: string, result: CaseResult): string[] {
  const rows = OPERATIONS.flatMap((operation) => {
    const measured = result.operations[operation];
    return measured === undefined ? [] : [operationRow(operation, measured)];
  });
  const size = `${(result.bytes / 2 ** 30).toFixed(2)} GiB in ${result.files.toLocaleString('en')} files`;
  return [
    `## ${name}`,
    '',
    `${caseOf(name).title}: ${size}${result.scale === 1 ? '' : ` (scale ${result.scale})`}. ${storedLine(result)}`,
    '',
    ...table(
      ['', 'restic ÷ ours', 'borg ÷ ours', 'better peer ÷ ours', 'of the limit', 'memory ours / restic / borg'],
      rows,
    ),
    '',
    ...stepLine('first backup', result.operations.first),
    ...stepLine('check', result.operations.check),
  ];
}

function operationRow(operation: Operation, { rounds }: OperationResult): string[] {
  const limit = limitShares(rounds);
  return [
    OPERATION_TITLES[operation],
    withSpread(peerRatios(rounds, 'restic')),
    withSpread(peerRatios(rounds, 'borg')),
    `**${withSpread(betterPeerRatios(rounds))}**`,
    limit.length === 0 ? '' : `${(100 * spread(limit).median).toFixed(0)} %`,
    `${['holdfast', 'restic', 'borg'].map((name) => memoryPeakMiB(rounds, name).toFixed(0)).join(' / ')} MiB`,
  ];
}

function storedLine({ operations, bytes }: CaseResult): string {
  const stored = operations.first?.rounds[0]?.storedBytes;
  if (stored === undefined) return '';
  const shares = Object.entries(stored).map(([name, size]) => `${name} ${((100 * size) / bytes).toFixed(1)} %`);
  return `Size of the vault after the first backup: ${shares.join(', ')}.`;
}

/** Where the arithmetic goes, as shares of the limit. */
function stepLine(title: string, operation: OperationResult | undefined): string[] {
  const steps = operation?.rounds[0]?.limit;
  if (steps === undefined) return [];
  const all = Object.values(steps).reduce((sum, seconds) => sum + seconds, 0);
  const shares = Object.entries(steps).map(([step, seconds]) => `${step} ${((100 * seconds) / all).toFixed(0)} %`);
  return [`Arithmetic of the ${title}: ${shares.join(', ')}.`, ''];
}

function withSpread(values: number[]): string {
  const { median, least, most } = spread(values);
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

function table(head: string[], rows: string[][]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function method({ machine, cases }: Results): string[] {
  const measured = Object.values(cases).flatMap(({ operations }) => Object.values(operations));
  const versions = [...new Set(measured.flatMap((operation) => Object.values(operation.versions)))].sort();
  const rounds = [...new Set(measured.map((operation) => operation.rounds.length))].sort((a, b) => a - b);
  return [
    '## How it was measured',
    '',
    `- ${versions.join(', ')}, on ${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB of memory,`,
    `  Linux ${machine.kernel}, everything on one ${machine.fileSystem}.`,
    '- Holdfast is the built program, started by its launcher from a folder laid out like the installed package. restic and',
    '  Borg are as Debian ships them. Settings: all encrypt and authenticate; Holdfast and restic compress with `auto`, Borg',
    '  with `auto,zstd,2`; Borg in mode `repokey`, the faster one where the processor has instructions for SHA-256. restic',
    '  keeps its cache, Borg its files cache, Holdfast its compiled code; each in a home of its own.',
    `- Rounds: ${rounds.join(' to ')}. In a round each operation is done by Holdfast, restic and Borg in turn, then the next`,
    '  operation. A ratio is that of one round, so that what the machine does meanwhile hits both; shown is the median, and',
    '  the least and the most in brackets. *Better peer* is the faster of the two in each round.',
    '- Before every timed run, what it reads (the data, or for restore and check the vault) is read once, so that it comes',
    '  from the page cache for everybody, and `sync` is waited for, so that nobody pays for what another has yet to write.',
    '  Vaults and caches are deleted after each round; restored trees of many files only after the last one, as ext4 makes',
    '  files slowly for minutes after many were deleted.',
    '- The time is that of the whole process: start, deriving the key from the password, all work, and whatever it syncs.',
    '  Memory is the largest resident set of any round as the kernel counts it.',
    '- Every exit code must be 0. In the first round of each case every restored tree is compared with the data: contents by',
    '  checksum, times, modes, owners.',
    '- *1 % changed* overwrites, in place, 1 % of the bytes in regions of 256 KiB; or rewrites 1 % of the small files.',
    '- *Of the limit*: the time our byte work takes at the least, as a share of the time we took. It is computed in each round',
    '  from kernels measured on all cores at once: SHA-256, AES-256-CTR and Poly1305 over 1 MiB in the cache, the chunker over',
    '  noise, and Zstandard over a sample of the data, cut as the vault cuts it. Reading, writing, system calls, start-up and',
    '  deriving the key are not in it; nor is that duplicates are stored once.',
  ];
}

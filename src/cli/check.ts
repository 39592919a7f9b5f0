import { availableParallelism } from 'node:os';
import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { systemRandom } from '../host.ts';
import { check } from '../vault.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { flag, text, whole } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';
import { formatDuration } from './time.ts';

/** What to do about each kind of finding. */
const ADVICE: Readonly<Record<check.FindingKind, string>> = {
  'snapshot-damaged':
    'A snapshot file that cannot be read is lost, the others are not: remove it with holdfast repair snapshots --forget.',
  'index-damaged': 'The packs hold all that an index says: make it anew with holdfast repair index.',
  'pack-missing':
    'Bring the pack back if there is a copy; if not: holdfast repair index, then repair snapshots --forget.',
  'pack-size': 'Save what is good in packs of a wrong size: holdfast repair packs, with their names.',
  'pack-damaged': 'Save what is good in damaged packs: holdfast repair packs, with their names.',
  'blob-damaged': 'Save the other blobs of these packs: holdfast repair packs, with their names.',
  'tree-missing':
    'Look for what is not indexed: holdfast repair index; if that does not help: repair snapshots --forget.',
  'blob-missing':
    'Look for what is not indexed: holdfast repair index. A new backup of the same files may bring it back as well. ' +
    'If neither helps: holdfast repair snapshots --forget.',
  'tree-damaged': 'Repair the packs named, then holdfast repair snapshots --forget.',
  'tree-invalid': 'Make these trees valid with holdfast repair snapshots --forget.',
  'pack-orphan': 'Packs in no index only take room: holdfast prune removes them.',
  'pack-repeated': 'Packs in several index files do no harm: holdfast repair index joins them.',
  'pack-mixed': 'Packs of both kinds are slower to use: holdfast prune rewrites them.',
};

export const command = defineCommand({
  description:
    'Checks that everything the snapshots need is there and fits together. With --read-data every byte of the packs is ' +
    'read and proven as well. Backups may go on meanwhile. Ends with exit code 1 when there are errors; hints are told ' +
    'but do no harm.',
  examples: [
    { line: 'check', does: 'check the structure' },
    { line: 'check --read-data', does: 'prove every byte' },
    { line: 'check --read-data-subset 3/7', does: 'on the third day of the week, prove the third of seven parts' },
    { line: 'check --read-data-subset 5%', does: 'prove a random twentieth' },
  ],
  options: {
    readData: flag('Read and prove all packs'),
    readDataSubset: text('part', 'Read and prove a part of the packs: 2/7, 5% or 10G'),
    threads: whole('n', 'Threads for the byte work; one for each core when not given', { min: 1 }),
    ...LOCK_OPTIONS,
  },
  async run(context, _args, options) {
    const { output, clock } = context;
    const readData = subsetOf(options);
    await using opened = await openLocked(context, { lock: 'shared', fresh: true, ...options });
    const startMs = clock.monotonicMs();
    const kinds = new Set<check.FindingKind>();
    using progress = output.progress();
    const result = await check.checkVault(opened.vault, {
      threads: options.threads ?? availableParallelism(),
      readData,
      random: systemRandom,
      signal: opened.signal,
      onFinding: (finding) => {
        kinds.add(finding.kind);
        show(output, finding);
      },
      onProgress: ({ done, total, bytesDone, bytesTotal }) =>
        progress.update({ filesDone: done, filesTotal: total, bytesDone, bytesTotal }),
    });
    progress.end();
    conclude(output, result, clock.monotonicMs() - startMs);
    for (const kind of kinds) output.line(`What to do: ${ADVICE[kind]}`);
    if (result.errors > 0) throw failure(opened.vault.url, result);
    output.summary(fieldsOf(result));
    return undefined;
  },
});

function subsetOf(options: { readData: boolean; readDataSubset: string | undefined }): check.Subset | undefined {
  if (options.readDataSubset === undefined) return options.readData ? 'all' : undefined;
  if (options.readData) throw new AppError('usage', { detail: '--read-data and --read-data-subset are given both' });
  return check.parseSubset(options.readDataSubset);
}

function show(output: Output, { severity, kind, id, message }: check.Finding): void {
  const mark = severity === 'error' ? output.paint('red', 'error') : output.paint('yellow', 'hint');
  output.line(`${mark}: ${printable(message)}`);
  output.record('finding', { severity, kind, id, message, advice: ADVICE[kind] });
}

function conclude(output: Output, result: check.CheckResult, durationMs: number): void {
  const { snapshots, trees, packs, blobs, packsRead, bytesRead, errors, hints } = result;
  output.note(
    `Checked ${counted(snapshots, 'snapshot')}, ${counted(trees, 'tree')}, ${counted(packs, 'pack')} ` +
      `with ${counted(blobs, 'blob')} in ${formatDuration(durationMs)}.`,
  );
  if (packsRead > 0) {
    const rate = formatBytes(Math.round((bytesRead / Math.max(1, durationMs)) * 1000));
    output.note(`Read and proved ${counted(packsRead, 'pack')}, ${formatBytes(bytesRead)} (${rate}/s).`);
  }
  const verdict = errors === 0 ? output.paint('green', 'No errors') : output.paint('red', counted(errors, 'error'));
  output.line(`${verdict}${hints === 0 ? '' : `, ${counted(hints, 'hint')}`}.`);
}

function failure(url: string, { errors }: check.CheckResult): AppError {
  return new AppError('check-failed', { detail: `${errors} in ${url}` });
}

function fieldsOf(result: check.CheckResult): Record<string, unknown> {
  return {
    errors: result.errors,
    hints: result.hints,
    snapshots: result.snapshots,
    index_files: result.indexFiles,
    packs: result.packs,
    blobs: result.blobs,
    trees: result.trees,
    packs_read: result.packsRead,
    bytes_read: result.bytesRead,
  };
}

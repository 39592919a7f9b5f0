/** One archive on its way: sent, compared there, given its name, and last its sidecars. */
import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import type { Clock } from '../host.ts';
import type { Digester } from './digest.ts';
import { judge } from './judge.ts';
import type { Archive, Digests, ShelfEnd } from './model.ts';
import { partialPath } from './partial.ts';
import { formatDna, formatSha256 } from './sidecar.ts';
import { paced } from './transfer-pace.ts';
import type { TransferStep } from './transfer-plan.ts';
import { ArchiveReader } from './transfer-reader.ts';
import type { TargetRoom } from './transfer-room.ts';

/** `sent`: bytes went over. `completed`: the target had all bytes, compared now, and lacked the sidecars. */
export type Sent = { result: 'sent' | 'completed'; sentBytes: number };

export interface Stage {
  /** How far the target has it: `comparing` what is there already, `sending`, `verifying` the whole. */
  stage: 'comparing' | 'sending' | 'verifying';
  /** Of the archive, from its start on. */
  bytes: number;
}

export interface Sending {
  source: ShelfEnd;
  target: ShelfEnd;
  digester: Digester;
  room: TargetRoom;
  clock: Clock;
  signal: AbortSignal;
  /** Bytes a second. */
  bandwidth: number | undefined;
  sidecars: readonly ('dna' | 'sha256')[];
  onStage: (stage: Stage) => void;
  /** Told when what was there already is of no use. */
  onRestart: (why: string) => void;
  /** Told the bytes that went over, as they go. */
  onSent: (bytes: number) => void;
  /** Told how much an earlier attempt has left there that is right. */
  onPresent: (bytes: number) => void;
}

/**
 * Makes one attempt. What it leaves when it fails is gone on from by the next one.
 * @throws {AppError} `archive-damaged` when the source does not match its sidecars, or what arrived is not what was read
 */
export async function sendArchive(step: TransferStep, sending: Sending): Promise<Sent> {
  const { archive } = step;
  const { source, target, room } = sending;
  const [size, final, partial] = await Promise.all([
    source.size(archive.path),
    target.size(archive.path),
    target.size(partialPath(archive.path)),
    room.look(archive.bytes),
  ]);
  if (size !== archive.bytes) throw changed(archive, size);
  if (final === archive.bytes) {
    const arrived = await compareInPlace(archive, sending);
    if (arrived !== undefined) return await finish(arrived, archive, sending);
  }
  // What an earlier attempt may have done is to take it away or to put the whole one there.
  if (final !== undefined && final !== step.finalBytes) throw otherThere(archive, target);
  const isTaken = final !== undefined && final < archive.bytes && partial === undefined && step.action === 'send';
  if (isTaken) await takeAsPartial(archive, target);
  const arrived = await sendRest(archive, sending, (isTaken ? final : partial) ?? 0);
  if (final !== undefined) await makeRoom(archive, target);
  await target.rename(partialPath(archive.path), archive.path, archive.modifiedMs);
  return await finish(arrived, archive, sending);
}

interface Arrived {
  digests: Digests;
  sentBytes: number;
}

/** What stands under the archive's own name at the target. @returns undefined when it is another one */
async function compareInPlace(archive: Archive, sending: Sending): Promise<Arrived | undefined> {
  await using reader = readerOf(archive, sending);
  const { isSame, ours } = await compare(archive.path, { bytes: archive.bytes, reader, sending });
  if (!isSame) return undefined;
  judgeSource(archive, ours, sending);
  return { digests: ours, sentBytes: 0 };
}

/** Older tools write to the final name at once; what they left is as good to go on from as a partial file. */
async function takeAsPartial(archive: Archive, target: ShelfEnd): Promise<void> {
  await removeSidecars(archive, target);
  await target.rename(archive.path, partialPath(archive.path), archive.modifiedMs);
}

/** What has come before turned out to be of no use. */
const AGAIN = Symbol('again');

/** @param there bytes of the partial file */
async function sendRest(archive: Archive, sending: Sending, there: number | typeof AGAIN): Promise<Arrived> {
  const { target, signal, onStage } = sending;
  const partial = partialPath(archive.path);
  await using reader = readerOf(archive, sending);
  const offset = there === AGAIN ? 0 : await presentBytes(archive, there, { reader, sending });
  if (offset === undefined) return await sendRest(archive, sending, 0);
  sending.room.need(archive, archive.bytes - offset);
  let sentBytes = 0;
  const counted = reader.rest((bytes) => {
    sending.onSent(bytes - offset - sentBytes);
    sentBytes = bytes - offset;
    onStage({ stage: 'sending', bytes });
  });
  const isWhole = offset === archive.bytes && offset > 0;
  if (!isWhole) await target.write(partial, offset, limited(counted, sending), signal);
  const digests = await reader.end();
  judgeSource(archive, digests, sending);
  if (isWhole) return { digests, sentBytes };
  onStage({ stage: 'verifying', bytes: archive.bytes });
  const theirs = await target.digest(partial, signal);
  if (areSame(digests, theirs)) return { digests, sentBytes };
  await target.remove(partial);
  if (there === AGAIN) throw notWhatWasRead(archive, target, theirs);
  sending.onRestart('what has arrived is not what was read');
  const next = await sendRest(archive, sending, AGAIN);
  return { ...next, sentBytes: next.sentBytes + sentBytes };
}

/**
 * How much of the archive is in the `bytes` of the partial file at the target, compared by digests of that part at both ends.
 * @returns undefined when that is of no use; the reader is then used up
 */
async function presentBytes(
  archive: Archive,
  bytes: number,
  { reader, sending }: { reader: ArchiveReader; sending: Sending },
): Promise<number | undefined> {
  if (bytes === 0) return 0;
  if (bytes > archive.bytes) {
    sending.onRestart(`${formatBytes(bytes)} are there already, more than there are to send`);
    return 0;
  }
  const { isSame } = await compare(partialPath(archive.path), { bytes, reader, sending });
  if (isSame) sending.onPresent(bytes);
  else sending.onRestart(`the first ${formatBytes(bytes)} that are there already are not those of the archive`);
  return isSame ? bytes : undefined;
}

/** Of the first `bytes` of the archive and all of the target's file, both computed at the same time. */
async function compare(
  path: string,
  { bytes, reader, sending }: { bytes: number; reader: ArchiveReader; sending: Sending },
): Promise<{ isSame: boolean; ours: Digests }> {
  sending.onStage({ stage: 'comparing', bytes });
  const [ours, theirs] = await Promise.allSettled([reader.skip(bytes), sending.target.digest(path, sending.signal)]);
  if (ours.status === 'rejected') throw ours.reason;
  if (theirs.status === 'rejected') throw theirs.reason;
  return { isSame: areSame(ours.value, theirs.value), ours: ours.value };
}

/** What was read from the source must be what its sidecars say; nothing else is ever finished at the target. */
function judgeSource(archive: Archive, digests: Digests, { source }: Sending): void {
  const { state, why } = judge(archive, digests);
  if (state === 'finished') return;
  const hint = 'See holdfast shelf check; what was sent of it is not finished at the target.';
  throw new AppError('archive-damaged', { detail: `${source.address}/${archive.path}: ${why}`, hint });
}

async function finish({ digests, sentBytes }: Arrived, archive: Archive, sending: Sending): Promise<Sent> {
  const { target, sidecars } = sending;
  const { path, file } = archive;
  const contents = { sha256: formatSha256(digests.sha256, file), dna: formatDna(digests) };
  for (const kind of ['sha256', 'dna'] as const) if (!sidecars.includes(kind)) await target.remove(`${path}.${kind}`);
  // The last one says that the archive is finished, and `.dna` is what existing tools look for.
  for (const kind of ['sha256', 'dna'] as const)
    if (sidecars.includes(kind)) await target.place(`${path}.${kind}`, contents[kind]);
  return { result: sentBytes > 0 || archive.bytes === 0 ? 'sent' : 'completed', sentBytes };
}

/** Removes what has the archive's name at the target: sidecars first, so that it is never taken for finished. */
async function makeRoom(archive: Archive, target: ShelfEnd): Promise<void> {
  await removeSidecars(archive, target);
  await target.remove(archive.path);
}

async function removeSidecars({ path }: Archive, target: ShelfEnd): Promise<void> {
  await target.remove(`${path}.dna`);
  await target.remove(`${path}.sha256`);
}

function readerOf({ path }: Archive, { source, digester, signal }: Sending): ArchiveReader {
  return new ArchiveReader({ source, path, digester, signal });
}

function limited(pieces: AsyncGenerator<Uint8Array>, { bandwidth, clock, signal }: Sending): AsyncIterable<Uint8Array> {
  return bandwidth === undefined ? pieces : paced(pieces, { bytesPerSecond: bandwidth, clock, signal });
}

function areSame(ours: Digests, theirs: Digests): boolean {
  return ours.bytes === theirs.bytes && ours.md5 === theirs.md5 && ours.sha256 === theirs.sha256;
}

function changed({ path, bytes }: Archive, size: number | undefined): AppError {
  if (size === undefined) return new AppError('archive-missing', { detail: `${path} has gone since it was listed` });
  return new AppError('archive-damaged', {
    detail: `${path} has ${size} bytes now, and had ${bytes} when it was listed`,
    hint: 'Something writes to a finished archive; transfer it again when that has ended.',
  });
}

function otherThere({ path }: Archive, target: ShelfEnd): AppError {
  return new AppError('refused', {
    detail: `${target.address}/${path} has come or changed since the plan was made`,
    hint: 'See holdfast shelf ls --target, and transfer again.',
  });
}

function notWhatWasRead({ path }: Archive, target: ShelfEnd, { bytes }: Digests): AppError {
  return new AppError('archive-damaged', {
    detail: `${target.address}/${path}: what arrived twice, ${bytes} bytes, is not what was read`,
    hint: 'Check memory and disks of both machines; nothing was finished at the target.',
  });
}

/**
 * One directory, or a run of its entries, becomes the text of a tree: unchanged entries are taken over from the parent's
 * text, new and changed files are read, what takes longer is left as a hole.
 */
import { errnoOf, textOf } from '../base/errors.ts';
import { FILE_ATTEMPTS_MAX, INLINE_FILE_BYTES_MAX } from '../base/limits.ts';
import { type Identity, syscalls } from '../host.ts';
import { capture, rejectsBesideTags, type Selection, type TagFile } from '../source.ts';
import { type blobs, treeText } from '../vault.ts';
import type { ComparePolicy, EntryJob, Hole, JobReport, Piece, Problem } from './jobs.ts';
import { isMoved, isRegular, isUnchanged, openOrMoved, stampOf } from './moving.ts';
import { contentIdsAt, hasLostBytes, type ParentTree, sameContent, subtreeOf } from './parent.ts';
import type { ContentReader } from './read.ts';
import { holds } from './tags.ts';

const { CoreMatcher, directoryTail, entryKind, fileTail, nodeAttributes, nodeCore, OTHER_TAIL, withSize } = treeText;

type EntryKind = treeText.EntryKind;

export interface EntryParts {
  identity: Identity;
  reader: ContentReader;
  table: blobs.BlobTable;
  selection: Selection;
  policy: ComparePolicy;
  /** Stores the tree without entries. @returns its id */
  storeEmptyTree: () => string;
}

/** The directory being worked on. */
export interface Place {
  fd: number;
  /** Absolute raw path, without a slash at the end unless it is `/`. */
  path: string;
  parent: ParentTree;
  device: bigint | undefined;
}

export interface EntryRequest {
  /** Name in the snapshot. */
  as: string;
  report: JobReport;
  /** `listed`: found in a directory. */
  role: EntryJob['role'] | 'listed';
}

interface CaptureHow extends EntryRequest {
  /** Take what there is: it has been tried often enough. */
  isFinal: boolean;
}

interface FileTexts {
  core: string;
  attributes: string;
  isNew: boolean;
}

export class EntryCapture {
  readonly #parts: EntryParts;
  readonly #stat = new syscalls.StatRecord();
  readonly #after = new syscalls.StatRecord();
  readonly #matcher = new CoreMatcher();
  /** Entries of the directory so far that were taken over from the parent. */
  #taken = 0;

  constructor(parts: EntryParts) {
    this.#parts = parts;
  }

  /**
   * Captures `names`, ascending. @returns pieces, and reports into `report`; undefined when every entry is as in the
   * parent and none is missing, so that the tree is the parent's as a whole.
   */
  captureAll(place: Place, names: readonly string[], report: JobReport): Piece[] | undefined {
    const tags = this.#tagsThatHold(place);
    const { selection } = this.#parts;
    const pieces: Piece[] = [];
    let run: string[] = [];
    this.#taken = 0;
    for (const name of names) {
      if (tags.length > 0 && rejectsBesideTags(name, tags)) continue;
      const piece = this.#captureSafely(place, name, report, selection);
      if (piece === undefined) continue;
      if (typeof piece === 'string') run.push(piece);
      else {
        if (run.length > 0) pieces.push(run.join(','));
        run = [];
        pieces.push(piece);
      }
    }
    // An entry that was left out does not count as taken, so equal numbers mean equal sets; a hole is something new.
    const isAllTaken = pieces.length === 0 && this.#taken === place.parent.count && run.length === this.#taken;
    if (isAllTaken && this.#taken > 0 && place.parent.isCanonical) return undefined;
    if (run.length > 0) pieces.push(run.join(','));
    return pieces;
  }

  /** Captures one entry under a name of its own in the snapshot. */
  captureOne(place: Place, name: string, request: EntryRequest): Piece | undefined {
    const { selection } = this.#parts;
    if (request.role === 'target' && !selection.isEverything) {
      if (selection.rejectsPath(join(place.path, name), false)) return undefined;
      if (rejectsBesideTags(name, this.#tagsThatHold(place))) return undefined;
    }
    return this.#guard(place, name, request);
  }

  #captureSafely(place: Place, name: string, report: JobReport, selection: Selection): Piece | undefined {
    if (!selection.isEverything && selection.rejectsPath(join(place.path, name), false)) return undefined;
    return this.#guard(place, name, { as: name, report, role: 'listed' });
  }

  #guard(place: Place, name: string, request: EntryRequest): Piece | undefined {
    try {
      return this.#capture(place, name, request);
    } catch (error) {
      const { problems } = request.report;
      const problem = problemOf(join(place.path, name), error, request.role);
      // What could not be read at all is told once, not also for its attributes.
      if (problems.at(-1)?.path === problem.path) problems.pop();
      problems.push(problem);
      return undefined;
    }
  }

  #capture(place: Place, name: string, request: EntryRequest): Piece | undefined {
    for (let attempt = 1; attempt <= FILE_ATTEMPTS_MAX; attempt++) {
      if (!syscalls.statInto(place.fd, name, this.#stat)) {
        request.report.problems.push(missingOf(join(place.path, name), request.role));
        return undefined;
      }
      const isFinal = attempt === FILE_ATTEMPTS_MAX || request.role === 'again';
      const piece = this.#captureAs(place, name, { ...request, isFinal });
      if (piece !== 'again') return piece;
    }
    const message = 'is something else each time it is looked at; it is not in the snapshot';
    request.report.problems.push({ path: join(place.path, name), message, harmless: false });
    return undefined;
  }

  #captureAs(place: Place, name: string, how: CaptureHow): Piece | 'again' | undefined {
    const stat = this.#stat;
    const kind = entryKind(stat.mode);
    if (kind === 'socket') return undefined;
    if (!this.#wanted(place, kind)) return undefined;
    const taken = kind === 'directory' ? undefined : this.#takeOver(place, how.as, kind);
    if (taken !== undefined) {
      if (kind === 'file') {
        how.report.counts.filesUnmodified++;
        how.report.counts.bytes += stat.size;
      }
      return taken;
    }
    const core = nodeCore(how.as, stat, this.#coreOptions());
    if (kind === 'directory') return this.#directory(place, name, { core, ...how });
    if (kind === 'file') return this.#file(place, name, { core, ...how });
    const linkTarget = kind === 'symlink' ? syscalls.readLink(place.fd, name) : undefined;
    return core + this.#attributes(place, name, { linkTarget, report: how.report }) + OTHER_TAIL;
  }

  #wanted(place: Place, kind: EntryKind): boolean {
    const { selection } = this.#parts;
    if (selection.isEverything || kind === 'directory') return true;
    return !selection.rejectsSize(this.#stat.size) && !this.#isElsewhere(place);
  }

  #isElsewhere({ device }: Place): boolean {
    return device !== undefined && this.#stat.device !== device;
  }

  #coreOptions(): treeText.CoreOptions {
    const { identity, policy } = this.#parts;
    const { uid, gid } = this.#stat;
    return { user: identity.userName(uid), group: identity.groupName(gid), withAtime: policy.withAtime };
  }

  /** The parent's text of an entry whose core is the same and whose blobs are all there. */
  #takeOver(place: Place, as: string, kind: EntryKind): string | undefined {
    const { policy, table } = this.#parts;
    if (policy.force || policy.ignoreCtime || !policy.sameReader) return undefined;
    const node = place.parent.find(as);
    if (node === undefined) return undefined;
    const entry = { name: as, stat: this.#stat, options: this.#coreOptions() };
    if (!this.#matcher.matches(place.parent.text, node.start, entry)) return undefined;
    const text = place.parent.text.slice(node.start, node.end);
    if (kind === 'file' && contentIdsAt(text, table) === undefined) return undefined;
    if (kind === 'symlink' && hasLostBytes(text)) return undefined;
    this.#taken++;
    return text;
  }

  #directory(place: Place, name: string, how: CaptureHow & { core: string }): Hole | string {
    const { report, core } = how;
    const node = place.parent.find(how.as);
    const nodeText = node === undefined ? '' : place.parent.text.slice(node.start, node.end);
    const isSame = nodeText.startsWith(core) && this.#parts.policy.sameReader && !this.#parts.policy.ignoreCtime;
    const attributes = isSame
      ? nodeText.slice(core.length, nodeText.lastIndexOf('"content":null,'))
      : this.#attributes(place, name, { linkTarget: undefined, report });
    // A mount point is kept, what is mounted there is not.
    if (this.#isElsewhere(place)) return core + attributes + directoryTail(this.#parts.storeEmptyTree());
    return { kind: 'directory', name, core: core + attributes, parentId: subtreeOf(nodeText) };
  }

  #file(place: Place, name: string, how: CaptureHow & { core: string }): Piece | 'again' {
    const { core, report } = how;
    const { policy, table } = this.#parts;
    const { size } = this.#stat;
    const node = place.parent.find(how.as);
    const attributes = this.#attributes(place, name, { linkTarget: undefined, report });
    if (node !== undefined && !policy.force) {
      const nodeText = place.parent.text.slice(node.start, node.end);
      const content = sameContent(nodeText, this.#stat, policy) ? contentIdsAt(nodeText, table) : undefined;
      if (content !== undefined) {
        report.counts.filesUnmodified++;
        report.counts.bytes += size;
        return core + attributes + content;
      }
    }
    const isNew = node === undefined;
    if (size > INLINE_FILE_BYTES_MAX && how.role !== 'again') {
      return { kind: 'file', name, as: how.as, core, attributes, stamp: stampOf(this.#stat), isNew };
    }
    return this.#readFile(place, name, { ...how, attributes, isNew });
  }

  #readFile(place: Place, name: string, how: CaptureHow & FileTexts): string | 'again' {
    const { report } = how;
    const before = this.#stat;
    const fd = openOrMoved(place.fd, name);
    if (fd === undefined) return 'again';
    try {
      const { ids, bytes } = this.#parts.reader.storeFile(fd, before.size);
      syscalls.statInto(fd, '', this.#after);
      const isSame = isUnchanged(before, this.#after) && bytes === before.size;
      if (!isSame && !(how.isFinal && isRegular(this.#after))) return 'again';
      if (!isSame) this.#reportMoving(join(place.path, name), report);
      report.counts.bytes += bytes;
      if (how.isNew) report.counts.filesNew++;
      else report.counts.filesChanged++;
      const core = bytes === before.size ? how.core : withSize(how.core, bytes);
      return core + how.attributes + fileTail(ids);
    } catch (error) {
      if (isMoved(error)) return 'again';
      throw error;
    } finally {
      syscalls.closeFd(fd);
    }
  }

  #reportMoving(path: string, report: JobReport): void {
    const message = 'changed while it was read; what was read is in the snapshot';
    report.problems.push({ path, message, harmless: true });
  }

  #attributes(
    place: Place,
    name: string,
    { linkTarget, report }: { linkTarget: string | undefined; report: JobReport },
  ): string {
    let extended: ReturnType<typeof capture.captureAttributes> = [];
    try {
      extended = capture.captureAttributes(place.fd, name);
    } catch (error) {
      if (errnoOf(error) === undefined || errnoOf(error) === 'ENOENT') throw error;
      const message = `extended attributes: ${textOf(error)}`;
      report.problems.push({ path: join(place.path, name), message, harmless: false });
    }
    return nodeAttributes(this.#stat, { linkTarget, extended });
  }

  #tagsThatHold(place: Place): TagFile[] {
    return this.#parts.selection.tagFiles.filter((tag) => holds(place.fd, tag));
  }
}

export function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** What failed, as it is told. @throws the error itself when it is none of the system */
export function problemOf(path: string, error: unknown, role: EntryRequest['role'] = 'listed'): Problem {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  return code === 'ENOENT' ? missingOf(path, role) : { path, message: textOf(error), harmless: false };
}

/** What was found a moment ago may go, but what the user named must be there. */
function missingOf(path: string, role: EntryRequest['role']): Problem {
  if (role === 'target' || role === 'above') return { path, message: 'does not exist', harmless: false };
  return { path, message: 'vanished before it could be read', harmless: true };
}

/**
 * Changes of a living CIB that are taken whole, and only by the version they were made for: as a patch of format 2, which
 * `cibadmin --patch` refuses when anything was changed in between.
 */
import { assert } from '../../base/assert.ts';
import { CIB_PATCH_ATTEMPTS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type { Cib } from '../cib/model.ts';
import { epochOf, readCib } from '../cib/read.ts';
import { elementById, insertElement, removeElement } from '../cib/write.ts';
import { copyOf, element, elementsOf, formatXml, rootOf, type XmlDocument, type XmlElement } from '../cib/xml.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import { feeding, queryCib } from './ask.ts';

/** Paths are XPath from the root. */
export type CibEdit =
  | { kind: 'create'; parent: string; element: XmlElement }
  /** The element of that id below `path`. */
  | { kind: 'delete'; path: string; child: string };

/** Made anew for each try, as the configuration may have changed. Empty: nothing to do. */
export type CibEdits = (cib: Cib) => CibEdit[];

/** Behind all that is there. */
const LAST = '100000';
/** Exit codes of Pacemaker 2 (crm_exit_e): the update is older, or a patch does not fit. */
const MISFITS: readonly number[] = [103, 113];
const ID = /^[A-Za-z_][\w.-]*$/;

/** The document as it will be; for looking, and for tools that read files. */
export function applyEdits(document: XmlDocument, edits: readonly CibEdit[]): XmlDocument {
  const copy = copyOf(document);
  for (const edit of edits) {
    if (edit.kind === 'delete') removeElement(copy, found(copy, edit.child));
    else insertElement(copy, parentIn(copy, edit.parent), { child: edit.element });
  }
  return copy;
}

/** @throws {AppError} `config` when an id cannot stand in a path */
export function formatPatch(document: XmlDocument, edits: readonly CibEdit[]): string {
  const { adminEpoch, epoch, numUpdates } = epochOf(document);
  const version = (name: string, own: number, updates: number): XmlElement =>
    element(name, { admin_epoch: `${adminEpoch}`, epoch: `${own}`, num_updates: `${updates}` });
  const changes = edits.map((edit) => {
    if (edit.kind === 'create')
      return element('change', { operation: 'create', path: edit.parent, position: LAST }, [edit.element]);
    const { name } = found(document, edit.child);
    return element('change', { operation: 'delete', path: `${edit.path}/${name}[@id='${checkedId(edit.child)}']` });
  });
  const versions = element('version', {}, [version('source', epoch, numUpdates), version('target', epoch + 1, 0)]);
  return formatXml(element('diff', { format: '2' }, [versions, ...changes]));
}

/**
 * Reads the CIB, makes the changes for it, and has the cluster take them; again while others were faster.
 * @returns whether anything had to be changed
 * @throws {AppError} `cluster-down`, `cluster-denied`; `failed` when it never fitted; what `edits` throws
 */
export async function patchCib(seat: Seat, edits: CibEdits, options: ReadOptions): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const document = await queryCib(seat, options);
    const changes = edits(readCib(document));
    if (changes.length === 0) return false;
    const fed = feeding(seat, formatPatch(document, changes));
    // Not to be interrupted: stopped in the middle it may have been taken or not.
    const answer = await runTool(fed, ['cibadmin', '--patch', '--xml-pipe'], { ...options, signal: undefined });
    if (answer.exitCode === 0) return true;
    const isMisfit = MISFITS.includes(answer.exitCode) || /older than|diff|patch/i.test(answer.errorText);
    if (isMisfit && attempt < CIB_PATCH_ATTEMPTS_MAX) continue;
    throw new AppError('failed', {
      detail: `cibadmin on ${seat.name} did not take the change (exit code ${answer.exitCode}): ${saidOf(answer)}`,
      hint: isMisfit ? 'Others change the configuration all the time: run it again.' : 'Nothing was changed.',
    });
  }
}

function found(document: XmlDocument, id: string): XmlElement {
  const element = elementById(document, id);
  assert(element !== undefined, `an element ${id} that is not in the CIB`);
  return element;
}

function parentIn(document: XmlDocument, path: string): XmlElement {
  const id = /\[@id='([^']+)'\]$/.exec(path)?.[1];
  if (id !== undefined) return found(document, id);
  const parent = path
    .split('/')
    .slice(2)
    .reduce<XmlElement | undefined>((at, name) => at && elementsOf(at, name)[0], rootOf(document));
  assert(parent !== undefined, `no ${path} in the CIB`);
  return parent;
}

function checkedId(id: string): string {
  if (ID.test(id)) return id;
  throw new AppError('config', {
    detail: `the id ${id} in the CIB cannot be named in a change`,
    hint: 'Give it a plain one.',
  });
}

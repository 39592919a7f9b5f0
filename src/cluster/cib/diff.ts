/**
 * What differs between two CIBs, for people and as a list. Elements are the same when they have the same name and id, or
 * stand under the same name in the same place where they have no id. Comments, white space and order of attributes do not
 * count; order of elements counts where it means something. Values of secret parameters are in no difference.
 */

import { formatAgent, isSecretName } from './values.ts';
import { elementsOf, rootOf, type XmlDocument, type XmlElement } from './xml.ts';

export type CibChange =
  | { kind: 'added' | 'removed'; subject: Subject }
  /** An attribute; undefined where there is none. Both are undefined for a secret. */
  | {
      kind: 'changed';
      subject: Subject;
      attribute: string;
      from: string | undefined;
      to: string | undefined;
      isSecret: boolean;
    }
  /** Into another parent, or to another place among those whose order counts; places count from 1. */
  | { kind: 'moved'; subject: Subject; from: Position; to: Position };

export interface Subject {
  /** Name of the element: `primitive`, `rsc_location`, `nvpair` … */
  name: string;
  id: string | undefined;
  /** `primitive mdt0 (ocf:heartbeat:Filesystem)`, `device of mdt0`, `property stonith-enabled`. */
  words: string;
  /** Ids, or names where there are none, from the root. */
  path: readonly string[];
}

export interface Position {
  parent: string;
  place: number;
}

/** Changed by the cluster itself with every write. */
const BOOKKEEPING = new Set([
  'admin_epoch',
  'epoch',
  'num_updates',
  'cib-last-written',
  'update-origin',
  'update-client',
  'update-user',
  'have-quorum',
  'dc-uuid',
  'crm_feature_set',
  'no-quorum-panic',
  'execution-date',
]);
/** Elements whose children act in their order. */
const ORDERED = new Set(['group', 'resource_set']);

interface Entry {
  key: string;
  element: XmlElement;
  parent: string;
  place: number;
  subject: Subject;
}

/** Of the configurations only: the status section, and which version they are, differ always. */
export function diffCibs(before: XmlDocument, after: XmlDocument): CibChange[] {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  const changes: CibChange[] = [];
  for (const [key, entry] of old)
    if (!now.has(key) && now.has(entry.parent)) changes.push({ kind: 'removed', subject: entry.subject });
  for (const [key, entry] of now) {
    const was = old.get(key);
    if (was !== undefined) changes.push(...changesOf(was, entry));
    else if (old.has(entry.parent)) changes.push({ kind: 'added', subject: entry.subject });
    // What came or went with its parent is told with it, unless it was somewhere else.
  }
  return [...changes, ...movesOf(old, now)];
}

/** One line for a change. */
export function wordsOf(change: CibChange): string {
  const { subject } = change;
  if (change.kind === 'moved') {
    const { from, to } = change;
    if (from.parent !== to.parent) return `${subject.words} moved from ${from.parent} to ${to.parent}`;
    return `${subject.words} moved in ${to.parent} from place ${from.place} to ${to.place}`;
  }
  if (change.kind !== 'changed') return `${subject.words} ${change.kind}`;
  const what = change.attribute === 'value' ? subject.words : `${change.attribute} of ${subject.words}`;
  if (change.isSecret) return `${what} changed (its value is secret)`;
  if (change.from === undefined) return `${what} set to ${quoted(change.to)}`;
  if (change.to === undefined) return `${what} removed, was ${quoted(change.from)}`;
  return `${what} changed from ${quoted(change.from)} to ${quoted(change.to)}`;
}

function changesOf(was: Entry, now: Entry): CibChange[] {
  const [old, next] = [was.element.attributes, now.element.attributes];
  const names = [...new Set([...old.keys(), ...next.keys()])];
  const isSecret = isSecretPair(was.element) || isSecretPair(now.element);
  return names.flatMap((attribute): CibChange[] => {
    const [from, to] = [old.get(attribute), next.get(attribute)];
    if (from === to || (now.element.name === 'cib' && BOOKKEEPING.has(attribute))) return [];
    const hides = isSecret && attribute === 'value';
    const values = hides ? { from: undefined, to: undefined } : { from, to };
    return [{ kind: 'changed', subject: now.subject, attribute, ...values, isSecret: hides }];
  });
}

function movesOf(old: Map<string, Entry>, now: Map<string, Entry>): CibChange[] {
  const moves: CibChange[] = [];
  for (const [key, entry] of now) {
    const was = old.get(key);
    if (was === undefined) continue;
    if (was.parent !== entry.parent && was.element.attributes.has('id')) moves.push(moved(was, entry, { old, now }));
  }
  for (const [key, { element }] of now) {
    const was = old.get(key);
    if (was === undefined || !ORDERED.has(element.name)) continue;
    const [first, second] = [old, now].map((entries) => [...entries].filter(([, entry]) => entry.parent === key));
    const stayed = first!.filter(([each]) => second!.some(([other]) => other === each)).map(([each]) => each);
    const sequence = second!.map(([each]) => each).filter((each) => stayed.includes(each));
    for (const each of displaced(stayed, sequence)) moves.push(moved(old.get(each)!, now.get(each)!, { old, now }));
  }
  return moves;
}

/** The fewest members whose moving explains the new order: those outside of a longest common subsequence. */
function displaced(before: readonly string[], after: readonly string[]): string[] {
  const ranks = after.map((each) => before.indexOf(each));
  const lengths: number[] = [];
  const previous: number[] = [];
  for (const [at, rank] of ranks.entries()) {
    const best = ranks.slice(0, at).reduce((found, other, index) => {
      const isBetter = other < rank && (found < 0 || lengths[index]! > lengths[found]!);
      return isBetter ? index : found;
    }, -1);
    lengths.push(best < 0 ? 1 : lengths[best]! + 1);
    previous.push(best);
  }
  const kept = new Set<number>();
  for (let at = lengths.indexOf(Math.max(...lengths)); at >= 0; at = previous[at]!) kept.add(at);
  return after.filter((_, at) => !kept.has(at));
}

function moved(
  was: Entry,
  entry: Entry,
  { old, now }: { old: Map<string, Entry>; now: Map<string, Entry> },
): CibChange {
  const position = ({ parent, place }: Entry, entries: Map<string, Entry>): Position => ({
    parent: entries.get(parent)?.subject.words ?? parent,
    place,
  });
  return { kind: 'moved', subject: entry.subject, from: position(was, old), to: position(entry, now) };
}

/** Each element of the configuration under its key, in the order of the text. */
function entriesOf(document: XmlDocument): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const visit = (element: XmlElement, parent: Entry | undefined, place: number): void => {
    const id = element.attributes.get('id');
    const path = [...(parent?.subject.path ?? []), id ?? element.name];
    const subject = { name: element.name, id, words: subjectWords(element, parent), path };
    const key = freeKey(entries, keyOf(element, parent?.key ?? ''));
    const entry: Entry = { key, element, parent: parent?.key ?? '', place, subject };
    entries.set(key, entry);
    let at = 0;
    for (const child of elementsOf(element)) {
      if (parent === undefined && child.name === 'status') continue;
      visit(child, entry, ORDERED.has(element.name) && !isAside(child) ? ++at : 0);
    }
  };
  visit(rootOf(document), undefined, 0);
  return entries;
}

/** Sets and operations of a group, which stand beside its members. */
function isAside(element: XmlElement): boolean {
  return element.name.endsWith('_attributes');
}

/** What names itself keeps its key wherever it goes; a reference and what has no id belong to their parent. */
function keyOf(element: XmlElement, parent: string): string {
  const { name, attributes } = element;
  const id = attributes.get('id');
  if (name === 'resource_ref' || name === 'obj_ref' || name === 'role') return `${parent}/${name} ${id}`;
  if (id !== undefined) return `#${name} ${id}`;
  const reference = attributes.get('id-ref');
  return `${parent}/${name}${reference === undefined ? '' : ` ${reference}`}`;
}

function freeKey(entries: Map<string, Entry>, key: string): string {
  let free = key;
  for (let number = 2; entries.has(free); number++) free = `${key} ${number}`;
  return free;
}

const CONSTRAINTS: Readonly<Record<string, string>> = {
  rsc_location: 'location constraint',
  rsc_colocation: 'colocation constraint',
  rsc_order: 'order constraint',
  rsc_ticket: 'ticket constraint',
};

function subjectWords(element: XmlElement, parent: Entry | undefined): string {
  const { name, attributes } = element;
  const own = attributes.get('id') ?? attributes.get('id-ref');
  if (name === 'nvpair') return pairWords(element, parent);
  if (name === 'primitive' || name === 'template') {
    const agent = formatAgent({
      standard: attributes.get('class') ?? '',
      provider: attributes.get('provider'),
      type: attributes.get('type') ?? '',
    });
    return agent === ':' ? `${name} ${own}` : `${name} ${own} (${agent})`;
  }
  if (name === 'op') return `operation ${attributes.get('name')} of ${ownerOf(parent)}`;
  if (name === 'node') return `node ${attributes.get('uname') ?? own}`;
  if (name === 'fencing-level') return `fencing level ${attributes.get('index')} of ${attributes.get('target') ?? own}`;
  if (name === 'resource_ref') return `${own} in the set of ${ownerOf(parent)}`;
  return `${CONSTRAINTS[name] ?? name}${own === undefined ? '' : ` ${own}`}`;
}

function pairWords(element: XmlElement, parent: Entry | undefined): string {
  const name = element.attributes.get('name') ?? element.attributes.get('id-ref') ?? '';
  const set = parent?.subject.name;
  const path = parent?.subject.path ?? [];
  if (set === 'cluster_property_set') return `property ${name}`;
  if (path.includes('rsc_defaults')) return `resource default ${name}`;
  if (path.includes('op_defaults')) return `operation default ${name}`;
  const owner = path.at(-2) ?? '';
  return set === 'meta_attributes' ? `meta attribute ${name} of ${owner}` : `${name} of ${owner}`;
}

/** The nearest id above sets and lists. */
function ownerOf(parent: Entry | undefined): string {
  if (parent === undefined) return '';
  return parent.subject.name === 'operations'
    ? (parent.subject.path.at(-2) ?? '')
    : (parent.subject.id ?? parent.subject.path.at(-2) ?? '');
}

function isSecretPair({ name, attributes }: XmlElement): boolean {
  return name === 'nvpair' && isSecretName(attributes.get('name') ?? '');
}

function quoted(value: string | undefined): string {
  return value === undefined || value === '' || /\s/.test(value) ? JSON.stringify(value ?? '') : value;
}

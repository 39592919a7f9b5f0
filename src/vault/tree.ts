/** Trees: the listing of one directory as a blob. Its id depends on every byte, so the text follows restic's exactly. */
import { assert } from '../base/assert.ts';
import { balancedEnd } from './balanced.ts';
import { JsonCursor, type Subject } from './json-cursor.ts';
import { KeySet } from './key-set.ts';
import type { Node, Tree } from './model.ts';
import { encodeNode } from './node.ts';
import { NodeReader, readSafeName } from './node-reader.ts';

const HEAD = '{"nodes":[';
const TAIL = ']}\n';
/** Text turned into bytes at a time; a directory may be longer than a string can be. */
const BATCH_CHARS = 1 << 20;

const SUBJECT: Subject = { code: 'tree-invalid', name: 'tree' };
const TREE_KEYS = new KeySet(['nodes']);
const NAME_KEY = new KeySet(['name']);
const NODE_START = '{"name":';
const NODE_BOUNDARY = '},{"name":"';
/** Names that stand in a tree as they are, and are safe. */
const PLAIN_NAME = /^(?!\.{1,2}$)[ -!#-.0-[\]-~]+$/;
const QUOTE = 0x22;

/** Where a node stands in the text of a tree. */
export interface NodeSpan {
  /** Raw bytes of the name, one char each. */
  name: string;
  /** First char of the node's object. */
  start: number;
  /** Char after its last. */
  end: number;
}

/** The bytes of a tree; `nodes` must be in strictly ascending order of their names. */
export function encodeTree(nodes: readonly Node[]): Uint8Array {
  const batches: Buffer[] = [];
  let text = HEAD;
  for (const [i, node] of nodes.entries()) {
    assert(i === 0 || nodes[i - 1]!.name < node.name, 'nodes of a tree are sorted by name');
    text += i === 0 ? encodeNode(node) : `,${encodeNode(node)}`;
    if (text.length < BATCH_CHARS) continue;
    batches.push(Buffer.from(text));
    text = '';
  }
  batches.push(Buffer.from(text + TAIL));
  return Buffer.concat(batches);
}

/**
 * Unknown keys are ignored, and order is not judged: see `checkTree`.
 * @throws {AppError} `tree-invalid` with the byte position; also for names that are not safe to use in a path
 */
export function decodeTree(bytes: Uint8Array): Tree {
  const cursor = new JsonCursor(bytes, SUBJECT);
  const reader = new NodeReader(cursor);
  const nodes: Node[] = [];
  forEachNode(cursor, () => nodes.push(reader.read()));
  return { nodes };
}

/**
 * The nodes of a tree as ranges of its text, without decoding more than their names: to compare with, and to copy from.
 * Reads any JSON; of what is inside a node it sees only names, brackets and strings.
 * @param text the bytes of the tree, one char each (latin1)
 * @throws {AppError} `tree-invalid`
 */
export function splitTree(text: string): NodeSpan[] {
  const cursor = new JsonCursor(Buffer.from(text, 'latin1'), SUBJECT);
  const spans: NodeSpan[] = [];
  forEachNode(cursor, () => {
    cursor.peek();
    const start = cursor.at;
    const name = text.startsWith(NODE_START, start) ? nameAt(text, start, cursor) : searchName(cursor);
    cursor.at = start;
    const end = plainNodeEnd(text, start) ?? balancedEnd(cursor.bytes, start);
    if (end < 0) cursor.fail('node without end');
    cursor.at = end;
    spans.push({ name, start, end });
  });
  return spans;
}

/** The name of a node whose text begins with it. */
function nameAt(text: string, start: number, cursor: JsonCursor): string {
  const from = start + NODE_START.length + 1;
  const to = text.indexOf('"', from);
  const name = text.slice(from, to);
  if (PLAIN_NAME.test(name) && text.charCodeAt(from - 1) === QUOTE) return name;
  cursor.at = from - 1;
  return readSafeName(cursor);
}

/**
 * The end of a node that has no objects inside and is followed by another, as almost all are; else undefined.
 * When the next `{` of the text stands in `},{"name":"` it is outside strings, because inside one the quote after it
 * would end the string before `name`, which is no JSON; and as none was opened before, that `}` closes the node.
 */
function plainNodeEnd(text: string, start: number): number | undefined {
  const next = text.indexOf('{', start + 1);
  return next > 0 && text.startsWith(NODE_BOUNDARY, next - 2) ? next - 1 : undefined;
}

/** What is wrong with a tree that can be decoded, one line each; empty when nothing is. */
export function checkTree({ nodes }: Tree): string[] {
  return nodes.flatMap((node, i) => {
    const problems = nodeProblems(node);
    const before = nodes[i - 1];
    if (before?.name === node.name) problems.push('is there twice');
    else if (before !== undefined && before.name > node.name) problems.push('is not in order');
    return problems.map((problem) => `${JSON.stringify(node.name)} ${problem}`);
  });
}

function forEachNode(cursor: JsonCursor, read: () => void): void {
  let isFound = false;
  for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
    if (cursor.key(TREE_KEYS, 0) < 0) {
      cursor.skip();
      continue;
    }
    if (isFound) cursor.fail('second list of nodes');
    isFound = true;
    if (cursor.tryNull()) continue;
    for (let another = cursor.enterArray(); another; another = cursor.nextItem()) read();
  }
  if (!isFound) cursor.fail('no list of nodes');
  cursor.finish();
}

/** The name of a node whose text does not begin with it. */
function searchName(cursor: JsonCursor): string {
  let name: string | undefined;
  for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
    if (cursor.key(NAME_KEY, 0) === 0) name = readSafeName(cursor);
    else cursor.skip();
  }
  return name ?? cursor.fail('node without name');
}

function nodeProblems({ type, content, subtree, error }: Node): string[] {
  const problems: string[] = [];
  if (type === 'file' && content === undefined && error === '') problems.push('is a file without a list of content');
  if (type !== 'file' && content !== undefined && content.length > 0) problems.push(`is a ${type} with content`);
  if (type === 'dir' && subtree === undefined) problems.push('is a directory without a subtree');
  if (type !== 'dir' && subtree !== undefined) problems.push(`is a ${type} with a subtree`);
  return problems;
}

/** A document with the place of everything in it: what YAML was before it becomes a configuration. */
import type { Path, Place } from './problem.ts';

export type Tree = ScalarTree | MapTree | ListTree;

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  value: string | number | boolean | null;
  /** Holds something of the environment, which may be a secret. */
  isSubstituted: boolean;
}

export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: Map<string, Entry>;
}

export interface Entry {
  readonly keyPlace: Place;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: Tree[];
}

/** The value without places. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** What is at `path`, or undefined. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const part of path) at = at && childOf(at, part);
  return at;
}

/** Where `path` stands: its key in a map, else its value; of what is not there, the nearest thing around it. */
export function placeOf(tree: Tree, path: Path): Place {
  let place = tree.place;
  let at: Tree | undefined = tree;
  for (const part of path) {
    const entry: Entry | undefined = at.kind === 'map' ? at.entries.get(String(part)) : undefined;
    const next: Tree | undefined = entry?.value ?? childOf(at, part);
    if (next === undefined) return place;
    place = entry?.keyPlace ?? next.place;
    at = next;
  }
  return place;
}

function childOf(tree: Tree, part: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(part))?.value;
  return tree.kind === 'list' ? tree.items[Number(part)] : undefined;
}

/** Every scalar, in the order of the text. */
export function* scalarsOf(tree: Tree, path: Path = []): Generator<{ scalar: ScalarTree; path: Path }> {
  if (tree.kind === 'scalar') yield { scalar: tree, path };
  else if (tree.kind === 'list') for (const [at, item] of tree.items.entries()) yield* scalarsOf(item, [...path, at]);
  else for (const [key, { value }] of tree.entries) yield* scalarsOf(value, [...path, key]);
}

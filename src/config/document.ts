/** YAML 1.2 (core schema) to a tree with places. Hostile documents end in problems, not in memory used up. */
import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { CONFIG_DEPTH_MAX, CONFIG_PROBLEMS_MAX, CONFIG_VALUES_MAX } from '../base/limits.ts';
import { type Path, type Place, type Problem, textOfPlace } from './problem.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts';

export interface Parsed {
  /** Undefined when nothing could be made of the text. */
  tree: MapTree | undefined;
  problems: Problem[];
}

/** `file` is for places. An empty document is an empty map. */
export function parseText(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    strict: true,
    logLevel: 'error',
  } as const;
  const document = parseDocument(text, options);
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = firstFaults([...document.errors, ...document.warnings]);
  const problems = faults.map(({ code, message, pos }): Problem => {
    const place = placeAt(pos[0]);
    const isBare = code === 'UNEXPECTED_TOKEN' && text.split('\n')[place.line - 1]!.includes('${');
    return { place, path: [], text: isBare ? BARE_VARIABLE : (FAULTS[code] ?? lowerFirst(message)) };
  });
  if (faults.length > 0) return { tree: undefined, problems };
  const reader = new Reader(placeAt);
  const tree = reader.read(document.contents ?? undefined);
  if (tree.kind === 'map') return { tree, problems: reader.problems };
  if (tree.kind === 'scalar' && tree.value === null)
    return { tree: { kind: 'map', place: tree.place, entries: new Map() }, problems: reader.problems };
  return {
    tree: undefined,
    problems: [{ place: tree.place, path: [], text: 'expected keys with values, such as vaults:' }],
  };
}

const BARE_VARIABLE = `between { and } a value with \${NAME} needs quotes: "\${NAME}"`;

/** In words of their own, where the parser speaks to programmers. */
const FAULTS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'expected one document; a second one begins here',
  TAB_AS_INDENT: 'tabs do not indent in YAML; use spaces',
  UNEXPECTED_TOKEN: 'this does not belong here: something before it ends too early or is not closed',
};

/** After the first thing that cannot be read, all that follows is out of place. */
function firstFaults(faults: readonly YAMLError[]): readonly YAMLError[] {
  const end = faults.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN' || code === 'IMPOSSIBLE');
  return faults.slice(0, end < 0 ? CONFIG_PROBLEMS_MAX : Math.min(end + 1, CONFIG_PROBLEMS_MAX));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** What stands in place of something refused. */
const nothingAt = (place: Place): ScalarTree => ({ kind: 'scalar', place, value: null, isSubstituted: false });

/** Walks nodes; an alias is walked each time it is used, so what is walked is counted. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, Node>();
  #count = 0;
  /** Aliases that are being walked, inside each other. */
  #aliases = 0;

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  read(node: unknown, path: Path = []): Tree {
    const place = this.#placeOf(node);
    if (++this.#count > CONFIG_VALUES_MAX) return this.#refuse(place, path, `more than ${CONFIG_VALUES_MAX} values`);
    if (path.length > CONFIG_DEPTH_MAX) return this.#refuse(place, path, `more than ${CONFIG_DEPTH_MAX} levels`);
    if (this.#aliases === 0 && isNode(node) && !isAlias(node) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    if (isAlias(node)) return this.#readAlias(node, path);
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) return this.#readList(node.items, { place, path });
    if (!isScalar(node)) return nothingAt(place);
    const { value } = node;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
      return { kind: 'scalar', place, value, isSubstituted: false };
    return this.#refuse(place, path, 'expected text, a number, true or false');
  }

  #readAlias(node: Alias, path: Path): Tree {
    const target = this.#anchors.get(node.source);
    if (target !== undefined) {
      this.#aliases++;
      const tree = this.read(target, path);
      this.#aliases--;
      return tree;
    }
    return this.#refuse(this.#placeOf(node), path, `nothing before here is called &${node.source}`);
  }

  #readList(items: readonly unknown[], { place, path }: { place: Place; path: Path }): Tree {
    const trees: Tree[] = [];
    for (const [at, item] of items.entries()) {
      if (this.#isFull()) break;
      trees.push(this.read(item, [...path, at]));
    }
    return { kind: 'list', place, items: trees };
  }

  #readMap(node: YAMLMap, path: Path): MapTree {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const { key, value } of node.items) {
      if (this.#isFull()) break;
      const name = this.#keyOf(key, path);
      if (name === undefined) continue;
      const keyPlace = this.#placeOf(key);
      const entry = { keyPlace, value: value === null ? nothingAt(keyPlace) : this.read(value, [...path, name]) };
      const earlier = entries.get(name);
      if (name === '<<') merged.push(entry);
      else if (earlier === undefined) entries.set(name, entry);
      else this.#fail(keyPlace, [...path, name], `given twice; first at ${textOfPlace(earlier.keyPlace)}`);
    }
    for (const entry of merged) this.#merge(entries, entry, path);
    return { kind: 'map', place: this.#placeOf(node), entries };
  }

  /** `<<: *base`: keys of the base that the map itself does not give. */
  #merge(entries: Map<string, Entry>, { keyPlace, value }: Entry, path: Path): void {
    for (const base of value.kind === 'list' ? value.items : [value]) {
      if (base.kind !== 'map') this.#fail(keyPlace, [...path, '<<'], 'expected an alias of a map, such as *base');
      else for (const [name, entry] of base.entries) if (!entries.has(name)) entries.set(name, entry);
    }
  }

  #keyOf(key: unknown, path: Path): string | undefined {
    if (isScalar(key) && key.value !== null && key.value !== '__proto__') return String(key.source ?? key.value);
    this.#fail(this.#placeOf(key), path, 'expected a key that is a word');
    return undefined;
  }

  #placeOf(node: unknown): Place {
    const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
    return this.#placeAt(range?.[0] ?? 0);
  }

  #isFull(): boolean {
    return this.#count > CONFIG_VALUES_MAX;
  }

  #refuse(place: Place, path: Path, text: string): ScalarTree {
    this.#fail(place, path, text);
    return nothingAt(place);
  }

  #fail(place: Place, path: Path, text: string): void {
    if (this.problems.length < CONFIG_PROBLEMS_MAX) this.problems.push({ place, path, text });
  }
}

/** A configuration file with those it includes, as one tree. */
import { dirname, resolve } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { CONFIG_FILE_BYTES_MAX, CONFIG_FILES_MAX, CONFIG_INCLUDES_DEEP_MAX } from '../base/limits.ts';
import { parseText } from './document.ts';
import { type ConfigFiles, readText } from './files.ts';
import { type Path, type Place, type Problem, textOfPlace } from './problem.ts';
import { type Environment, substitute } from './substitute.ts';
import type { MapTree, ScalarTree, Tree } from './tree.ts';

export interface Gathered {
  tree: MapTree;
  /** In the order they were read, the main one first. */
  sources: string[];
  problems: Problem[];
}

/** `file` is absolute. @throws {AppError} `config` when it cannot be read at all */
export async function gather(file: string, world: { files: ConfigFiles; environment: Environment }): Promise<Gathered> {
  const gathered: Gathered = { tree: emptyMap(file), sources: [], problems: [] };
  await take(file, { gathered, within: [], ...world });
  return gathered;
}

const WILD = /[*?[{]/;

interface Taking {
  gathered: Gathered;
  /** Files that led here. */
  within: readonly string[];
  files: ConfigFiles;
  environment: Environment;
}

async function take(file: string, taking: Taking): Promise<void> {
  const { gathered, within, files, environment } = taking;
  const text = await readText(files, file, CONFIG_FILE_BYTES_MAX);
  gathered.sources.push(file);
  const { tree, problems } = parseText(text, file);
  gathered.problems.push(...problems);
  if (tree === undefined) return;
  gathered.problems.push(...substitute(tree, environment));
  dropEmpty(tree);
  const include = tree.entries.get('include');
  const patterns = include === undefined ? [] : scalarsIn(include.value);
  // What is no list of texts stays in, for the schema to complain of.
  if (patterns !== undefined) tree.entries.delete('include');
  merge(gathered.tree, tree, { path: [], problems: gathered.problems });
  const next = { ...taking, within: [...within, file] };
  for (const pattern of patterns ?? []) await includeAll(pattern, next);
}

/** A section with nothing in it is as good as none. */
function dropEmpty(tree: MapTree): void {
  for (const [key, { value }] of tree.entries)
    if (value.kind === 'scalar' && value.value === null) tree.entries.delete(key);
}

type TextTree = ScalarTree & { value: string };

function scalarsIn(tree: Tree): TextTree[] | undefined {
  const items = tree.kind === 'list' ? tree.items : undefined;
  return items?.every((item): item is TextTree => item.kind === 'scalar' && typeof item.value === 'string')
    ? items
    : undefined;
}

async function includeAll({ value, place }: TextTree, taking: Taking): Promise<void> {
  const { gathered, within, files } = taking;
  const fail = (text: string): void => void gathered.problems.push({ place, path: ['include'], text });
  if (within.length > CONFIG_INCLUDES_DEEP_MAX)
    return fail(`more than ${CONFIG_INCLUDES_DEEP_MAX} includes inside each other`);
  const pattern = resolve(dirname(place.file), value);
  const isWild = WILD.test(value);
  for (const path of isWild ? await files.match(pattern) : [pattern]) {
    if (isWild && path === place.file) continue;
    if (within.includes(path)) fail(`${path} includes itself, by way of ${within.join(', ')}`);
    else if (gathered.sources.length >= CONFIG_FILES_MAX) return fail(`more than ${CONFIG_FILES_MAX} files`);
    // Reached by two ways it is read once.
    else if (!gathered.sources.includes(path)) await takeOr(fail, path, taking);
  }
}

async function takeOr(fail: (text: string) => void, path: string, taking: Taking): Promise<void> {
  try {
    await take(path, taking);
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    fail(error.message.replace(/^wrong configuration: /, ''));
  }
}

/** Maps come together, lists grow; anything else can be said once. */
function merge(into: MapTree, from: MapTree, { path, problems }: { path: Path; problems: Problem[] }): void {
  for (const [key, entry] of from.entries) {
    const earlier = into.entries.get(key);
    if (earlier === undefined) into.entries.set(key, entry);
    else if (earlier.value.kind === 'map' && entry.value.kind === 'map')
      merge(earlier.value, entry.value, { path: [...path, key], problems });
    else if (earlier.value.kind === 'list' && entry.value.kind === 'list')
      earlier.value.items.push(...entry.value.items);
    else {
      const text = `given twice; first at ${textOfPlace(earlier.keyPlace)}`;
      problems.push({ place: entry.keyPlace, path: [...path, key], text });
    }
  }
}

function emptyMap(file: string): MapTree {
  const place: Place = { file, line: 1, column: 1 };
  return { kind: 'map', place, entries: new Map() };
}

/** What the schema found, told to a person: one problem for each thing to be mended, at its place. */
import type { z } from 'zod';
import { nearest } from '../base/nearest.ts';
import { expectedOf } from './expected.ts';
import { secret } from './parts.ts';
import { type Path, type Place, type Problem, textOfPath } from './problem.ts';
import { type MapTree, placeOf, plain, treeAt } from './tree.ts';
import { branchMeant, childOf, inner, isA, meant, type Schema, shapeOf } from './walk.ts';

const MISSING = 'is missing';

type Issue = z.core.$ZodIssue;

/** More keys than these are not listed where none is near. */
const KEYS_LISTED_MAX = 12;
/** Longer texts are not repeated in a message. */
const SHOWN_LENGTH_MAX = 60;

/** A key that is missing is not told where it stands there misspelt. */
export function explain(issues: readonly Issue[], { schema, tree }: { schema: Schema; tree: MapTree }): Problem[] {
  const within = { path: [], schema, tree, misspelt: new Set<string>() };
  const problems = issues.flatMap((issue) => explainOne(issue, within));
  return problems.filter(({ path, text }) => !text.startsWith(MISSING) || !within.misspelt.has(textOfPath(path)));
}

/** Paths where the schema wants a number or a boolean and has text. */
export function wantsOther(issues: readonly Issue[]): Path[] {
  const wanted = issues.filter(({ code }) => code === 'invalid_type' || code === 'invalid_union');
  return wanted.map(({ path }) => path as Path);
}

interface Within {
  /** Where the paths of the issue begin. */
  path: Path;
  /** Of the whole document. */
  schema: Schema;
  tree: MapTree;
  /** Paths of known keys that unknown ones stand for. */
  misspelt: Set<string>;
}

function explainOne(issue: Issue, within: Within): Problem[] {
  const path = [...within.path, ...(issue.path as (string | number)[])];
  const { schema, isSecret } = schemaAt(path, within);
  const { tree } = within;
  const at = (text: string, place: Place = placeOf(tree, path)): Problem[] => [{ place, path, text }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      place: placeOf(tree, [...path, key]),
      path,
      unknownKey: key,
      text: unknownKey(key, path, within),
    }));
  if (issue.code === 'invalid_key') {
    const { message } = issue.issues[0]!;
    return at(`expected ${issue.issues[0]!.code === 'invalid_format' ? message : 'a shorter name'}`);
  }
  if (issue.code === 'invalid_union') return explainUnion(issue, { path, at, within });
  if (treeAt(tree, path) === undefined) return at(`${MISSING}: expected ${expectedOf(schema ?? within.schema)}`);
  if (issue.code === 'custom') return at(`expected ${issue.message}`);
  const expected =
    issue.code === 'too_small' && issue.origin === 'array' ? 'at least one' : expectedText(issue, schema);
  return at(`expected ${expected}${isSecret ? '' : notWhat(path, tree)}`);
}

function expectedText(issue: Issue, schema: Schema | undefined): string {
  if (issue.code === 'too_small' && issue.origin === 'string') return 'some text';
  if (issue.code === 'too_big' && issue.origin === 'string') return `at most ${issue.maximum} characters`;
  return schema === undefined ? issue.message : expectedOf(schema);
}

interface UnionAt {
  path: Path;
  at(text: string): Problem[];
  within: Within;
}

/** The problems of the branch that was meant; when none was, what the branches are. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, { path, at, within }: UnionAt): Problem[] {
  const value = valueAt(path, within.tree);
  const { union } = schemaAt(path, within);
  const branch = union && branchMeant(union, value);
  const errors = branch === undefined ? undefined : issue.errors[branch];
  if (errors === undefined || errors.length === 0) {
    const text = union === undefined ? issue.message : `expected ${expectedOfUnion(union)}`;
    return at(value === undefined ? `${MISSING}: ${text}` : text);
  }
  return errors.flatMap((error) => explainOne(error, { ...within, path }));
}

function expectedOfUnion(options: readonly z.core.$ZodType[]): string {
  return expectedOf({ _zod: { def: { type: 'union', options } } } as unknown as z.core.$ZodType);
}

function unknownKey(key: string, path: Path, within: Within): string {
  const { schema, union } = schemaAt(path, within);
  const known = Object.keys((schema && shapeOf(schema)) ?? {});
  const elsewhere = (union ?? []).flatMap((option) => Object.keys(shapeOf(inner(option)) ?? {}));
  if (elsewhere.includes(key)) {
    const chosen = Object.keys(valueAt(path, within.tree) ?? {}).find((each) => known.includes(each));
    return `'${key}' does not go with '${chosen}'`;
  }
  const [near] = nearest(key, known);
  if (near !== undefined) {
    within.misspelt.add(textOfPath([...path, near]));
    return `unknown key '${key}'; did you mean '${near}'?`;
  }
  return `unknown key '${key}'${known.length <= KEYS_LISTED_MAX ? `; there are ${known.join(', ')}` : ''}`;
}

/** `, not text` or `, not 'ten'`; nothing of what may be secret. */
function notWhat(path: Path, tree: MapTree): string {
  const found = treeAt(tree, path);
  if (found === undefined || found.kind !== 'scalar') return found?.kind === 'list' ? ', not a list' : ', not keys';
  if (found.value === null) return '; it is empty';
  if (found.isSubstituted) return ', not what the environment gives';
  const shown = String(found.value);
  return shown.length > SHOWN_LENGTH_MAX ? '' : `, not ${typeof found.value === 'string' ? `'${shown}'` : shown}`;
}

function valueAt(path: Path, tree: MapTree): unknown {
  const found = treeAt(tree, path);
  return found && plain(found);
}

interface Found {
  schema: Schema | undefined;
  /** The branches, when a union stands there. */
  union: readonly z.core.$ZodType[] | undefined;
  /** Within something that is a secret. */
  isSecret: boolean;
}

function schemaAt(path: Path, { schema, tree }: { schema: Schema; tree: MapTree }): Found {
  let found: Found = { schema, union: undefined, isSecret: false };
  for (const [index, part] of path.entries()) {
    if (found.schema === undefined) break;
    const child = childOf(found.schema, part);
    const bare = child && inner(child);
    const union = bare?._zod.def.type === 'union' ? bare._zod.def.options : undefined;
    const value = valueAt(path.slice(0, index + 1), tree);
    found = {
      schema: child && meant(child, value),
      union,
      isSecret: found.isSecret || (child !== undefined && isA(child, secret)),
    };
  }
  return found;
}

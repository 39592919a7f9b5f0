/** The configuration as it holds: what was written, with every default filled in and secrets hidden. Still valid as a file, but for those. */
import type { z } from 'zod';
import { secret } from './parts.ts';
import type { Path } from './problem.ts';
import { configSchema } from './schema.ts';
import type { MapTree, ScalarTree, Tree } from './tree.ts';
import { childOf, isA, meant, type Schema, shapeOf } from './walk.ts';

export const HIDDEN = '(hidden)';

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

export function effective(tree: MapTree): { [key: string]: Plain } {
  return filled(configSchema, tree, { isHidden: false }) as { [key: string]: Plain };
}

/** What is at `path`; undefined when there is nothing. */
export function valueAt(value: Plain, path: Path): Plain | undefined {
  let at: Plain | undefined = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Array.isArray(at) ? at[Number(part)] : Object.hasOwn(at, part) ? at[part] : undefined;
  }
  return at;
}

interface Within {
  /** Substituted values may be secrets: those in commands are hidden. */
  isHidden: boolean;
}

function filled(schema: z.core.$ZodType, tree: Tree, within: Within): Plain {
  if (isA(schema, secret)) return withoutSecret(tree);
  if (tree.kind === 'scalar') return shown(tree, within);
  const branch = meant(schema, asKeys(tree));
  if (tree.kind === 'list') {
    const element = childOf(branch, 0);
    return tree.items.map((item) => filled(element!, item, within));
  }
  const shape = shapeOf(branch);
  const keys = shape === undefined ? [...tree.entries.keys()] : Object.keys(shape);
  const entries = keys.flatMap((key): [string, Plain][] => {
    const child = childOf(branch, key);
    const value = tree.entries.get(key)?.value;
    if (child === undefined) return [];
    if (value === undefined) return defaultEntry(key, child);
    return [[key, filled(child, value, { isHidden: within.isHidden || key === 'command' })]];
  });
  return Object.fromEntries(entries);
}

/** The default of a key that is not given, as somebody would write it. */
function defaultEntry(key: string, schema: z.core.$ZodType): [string, Plain][] {
  const value = key === 'include' ? undefined : defaultOf(schema);
  return value === undefined ? [] : [[key, value]];
}

function defaultOf(schema: z.core.$ZodType): Plain | undefined {
  const { def } = (schema as Schema)._zod;
  if (def.type !== 'default' && def.type !== 'prefault') return undefined;
  const value = def.defaultValue as Plain;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const shape = shapeOf(meant(def.innerType, value)) ?? {};
  const missing = Object.entries(shape).filter(([key]) => !Object.hasOwn(value, key));
  return { ...value, ...Object.fromEntries(missing.flatMap(([key, child]) => defaultEntry(key, child))) };
}

/** Where it comes from stays; arguments of a command and the value itself do not. */
function withoutSecret(tree: Tree): Plain {
  if (tree.kind !== 'map') return HIDDEN;
  return Object.fromEntries(
    [...tree.entries].map(([key, { value }]): [string, Plain] => {
      if (key === 'command' && value.kind === 'list')
        return [key, value.items.map((item, at) => (at === 0 ? plainOf(item, { isHidden: true }) : HIDDEN))];
      return [key, key === 'value' ? HIDDEN : plainOf(value, { isHidden: false })];
    }),
  );
}

function plainOf(tree: Tree, within: Within): Plain {
  if (tree.kind === 'scalar') return shown(tree, within);
  if (tree.kind === 'list') return tree.items.map((item) => plainOf(item, within));
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plainOf(value, within)]));
}

function shown({ value, isSubstituted }: ScalarTree, { isHidden }: Within): Plain {
  if (isSubstituted && isHidden) return HIDDEN;
  // An address may carry a password: https://user:password@host.
  return typeof value === 'string' ? value.replace(/(:\/\/[^/\s:@]*:)[^/\s@]+@/g, `$1${HIDDEN}@`) : value;
}

/** Only the keys, by which a branch is chosen. */
function asKeys(tree: Tree): unknown {
  if (tree.kind === 'list') return [];
  return tree.kind === 'map' ? Object.fromEntries([...tree.entries.keys()].map((key) => [key, null])) : tree.value;
}

/** Finds its way through the schema: which part of it a value belongs to. */
import type { z } from 'zod';
import { nearest } from '../base/nearest.ts';

export type Schema = z.core.$ZodTypes;

/** Without what only says whether a value may be absent, or what it becomes. */
export function inner(schema: z.core.$ZodType): Schema {
  const known = schema as Schema;
  const { def } = known._zod;
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') return inner(def.innerType);
  return def.type === 'pipe' ? inner(def.in) : known;
}

/** The keys of a map with fixed keys; undefined for anything else. */
export function shapeOf(schema: Schema): Readonly<Record<string, z.core.$ZodType>> | undefined {
  return schema._zod.def.type === 'object' ? schema._zod.def.shape : undefined;
}

/** Whether it is `known`, with whatever description or default it was given where it is used. */
export function isA(schema: z.core.$ZodType, known: z.core.$ZodType): boolean {
  return inner(schema)._zod.def === inner(known)._zod.def;
}

export function isRequired(schema: z.core.$ZodType): boolean {
  return schema._zod.optin === undefined;
}

/** The part of the schema below `key`, as it is written; undefined when there is none. */
export function childOf(schema: Schema, key: string | number): z.core.$ZodType | undefined {
  const { def } = schema._zod;
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
  if (def.type === 'record') return def.valueType;
  return def.type === 'array' ? def.element : undefined;
}

/** `schema` without wrappers; of a union, the branch that `value` seems to be meant for, if any. */
export function meant(schema: z.core.$ZodType, value: unknown): Schema {
  const bare = inner(schema);
  const at = bare._zod.def.type === 'union' ? branchMeant(bare._zod.def.options, value) : undefined;
  return at === undefined ? bare : meant((bare._zod.def as z.core.$ZodUnionDef).options[at]!, value);
}

/** Index of the branch whose keys, or whose kind of value, are the ones given. */
export function branchMeant(options: readonly z.core.$ZodType[], value: unknown): number | undefined {
  const scores = options.map((option) => fitness(inner(option), value));
  const best = Math.max(...scores);
  if (best > 0) return scores.indexOf(best);
  const maps = options.filter((option) => shapeOf(inner(option)) !== undefined);
  return maps.length === 1 && isMap(value) ? options.indexOf(maps[0]!) : undefined;
}

/** 0 when `value` cannot be meant for it. */
function fitness(schema: Schema, value: unknown): number {
  const { def } = schema._zod;
  if (def.type === 'literal') return def.values.includes(value as never) ? 2 : 0;
  if (def.type === 'string' || def.type === 'number' || def.type === 'boolean')
    return typeof value === def.type ? 1 : 0;
  if (def.type === 'array') return Array.isArray(value) ? 1 : 0;
  return def.type === 'object' && isMap(value) ? keysFitness(Object.keys(value), def.shape) : 0;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key that the branch needs weighs most, then its other keys, then one that is near to one of them. */
function keysFitness(keys: readonly string[], shape: Readonly<Record<string, z.core.$ZodType>>): number {
  const known = Object.keys(shape);
  const needed = known.filter((key) => isRequired(shape[key]!));
  const of = (key: string): number => {
    if (needed.includes(key)) return 100;
    if (known.includes(key)) return 10;
    return nearest(key, needed).length > 0 ? 1 : 0;
  };
  return keys.reduce((sum, key) => sum + of(key), 0);
}

/** The schema as documents: JSON Schema for editors, and tables of all keys for the reference page. */
import { z } from 'zod';
import { expectedOf } from './expected.ts';
import { command, hook, name, path, scheduled, secret, vaultAddress } from './parts.ts';
import { span } from './retention.ts';
import { configSchema, mailbox } from './schema.ts';
import { duration, share, size } from './values.ts';
import { childOf, inner, isA, isRequired, type Schema, shapeOf } from './walk.ts';

/** For editors: draft 7 of JSON Schema, which YAML language servers know best. */
export function jsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { $schema, title: 'Configuration of Holdfast', ...rest };
}

export interface KeyRow {
  key: string;
  type: string;
  /** As it would be written; empty when there is none, `required` when the key must be given. */
  fallback: string;
  meaning: string;
}

/** The keys that stand side by side in one place. */
export interface KeySection {
  /** `plans.NAME.hooks`; empty at the top. */
  path: string;
  meaning: string;
  rows: KeyRow[];
}

/** Every key there is, in the order of the schema; what stands in many places (hooks, schedules, secrets) comes last. */
export function keySections(): KeySection[] {
  return [
    ...sectionsOf(configSchema, '', ''),
    ...sectionsOf(hook, 'hook', 'A program run around a backup'),
    ...sectionsOf(scheduled, 'schedule', 'Wherever a schedule is wanted: the time alone, or these keys'),
    ...sectionsOf(secret, 'secret', 'Wherever a secret is wanted: one of value, file, command and credential'),
  ];
}

function sectionsOf(schema: z.core.$ZodType, at: string, meaning: string): KeySection[] {
  const shapes = objectsIn(schema);
  return shapes.flatMap((shape, index) => {
    const more = index > 0 ? 'Or' : meaning;
    const rows = Object.entries(shape).map(([key, child]) => rowOf(key, child));
    const below = Object.entries(shape).flatMap(([key, child]) => {
      const { schema: held, suffix } = heldBy(child);
      const path = `${at}${at === '' ? '' : '.'}${key}${suffix}`;
      return isShared(held) ? [] : sectionsOf(held, path, meaningOf(child));
    });
    return [{ path: at, meaning: more, rows }, ...below];
  });
}

/** The shapes of an object, or of the objects in a union. */
function objectsIn(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>>[] {
  const bare = inner(schema);
  const { def } = bare._zod;
  const shape = shapeOf(bare);
  if (shape !== undefined) return [shape];
  return def.type === 'union' ? def.options.flatMap(objectsIn) : [];
}

/** What a list or a map of names holds. */
function heldBy(schema: z.core.$ZodType): { schema: z.core.$ZodType; suffix: string } {
  const bare = inner(schema);
  const { type } = bare._zod.def;
  if (type !== 'array' && type !== 'record') return { schema, suffix: '' };
  const held = heldBy(childOf(bare, 0)!);
  return { schema: held.schema, suffix: `${type === 'array' ? '[]' : '.NAME'}${held.suffix}` };
}

function isShared(schema: z.core.$ZodType): boolean {
  return [secret, scheduled, hook].some((shared) => isA(schema, shared));
}

function rowOf(key: string, schema: z.core.$ZodType): KeyRow {
  return { key, type: typeOf(schema), fallback: fallbackOf(schema), meaning: meaningOf(schema) };
}

function meaningOf(schema: z.core.$ZodType): string {
  for (let at: Schema | undefined = schema as Schema; at !== undefined; at = wrapped(at)) {
    const text = z.globalRegistry.get(at as unknown as z.ZodType)?.description;
    if (text !== undefined) return text;
  }
  return '';
}

function wrapped({ _zod: { def } }: Schema): Schema | undefined {
  return def.type === 'optional' || def.type === 'default' || def.type === 'prefault'
    ? (def.innerType as Schema)
    : undefined;
}

const NAMED = [
  [secret, 'secret'],
  [scheduled, 'schedule'],
  [hook, 'hook'],
  [span, 'span'],
  [duration, 'duration'],
  [size, 'size'],
  [share, 'share'],
  [mailbox, 'mail address'],
  [path, 'path'],
  [vaultAddress, 'path'],
  [name, 'name'],
  [command, 'command'],
] as const;

function typeOf(schema: z.core.$ZodType): string {
  const named = NAMED.find(([known]) => isA(schema, known));
  if (named !== undefined) return named[1];
  const bare = inner(schema);
  const { def } = bare._zod;
  if (def.type === 'array') return `list of ${plural(typeOf(def.element))}`;
  if (def.type === 'record') return `${typeOf(def.valueType)} by name`;
  if (def.type === 'object') return 'keys';
  if (def.type === 'string') return 'text';
  if (def.type === 'union') return [...new Set(def.options.map(typeOf))].join(' or ');
  return expectedOf(schema).replace(/^an? /, '');
}

function plural(type: string): string {
  if (type.startsWith('one of ')) return type;
  return type === 'keys' || type === 'text' ? type : type.endsWith('ss') ? `${type}es` : `${type}s`;
}

function fallbackOf(schema: z.core.$ZodType): string {
  const { def } = (schema as Schema)._zod;
  if (isRequired(schema)) return 'required';
  if (def.type !== 'default' && def.type !== 'prefault') return '';
  const value: unknown = def.defaultValue;
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) && value.length > 0 ? `[${value.join(', ')}]` : '';
  return String(value);
}

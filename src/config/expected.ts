/** What a part of the schema accepts, in the words of a person. */
import type { z } from 'zod';
import { inner, isRequired, type Schema, shapeOf } from './walk.ts';

/** `a whole number from 1 to 65535`, `one of dna, sha256`, `a duration such as 90s, 1h30m or 7d`. */
export function expectedOf(schema: z.core.$ZodType): string {
  const bare = inner(schema);
  const { def } = bare._zod;
  if (def.type === 'string') return wordsOfCheck(schema) ?? 'text';
  if (def.type === 'number') return numberText(bare);
  if (def.type === 'boolean') return 'true or false';
  if (def.type === 'enum') return `one of ${Object.values(def.entries).join(', ')}`;
  if (def.type === 'literal') return def.values.map(String).join(' or ');
  if (def.type === 'array') return 'a list, [ … ] or with hyphens';
  if (def.type === 'record') return 'names, each with its keys below it';
  if (def.type === 'union') return unionText(def.options.map(inner));
  return `keys: ${keysOf(bare).join(', ')}`;
}

/** Required keys when there are any, else all. */
function keysOf(schema: Schema): string[] {
  const shape = shapeOf(schema) ?? {};
  const needed = Object.keys(shape).filter((key) => isRequired(shape[key]!));
  return needed.length > 0 ? needed : Object.keys(shape);
}

function unionText(options: readonly Schema[]): string {
  const objects = options.filter((option) => option._zod.def.type === 'object');
  const others = [...new Set(options.filter((option) => !objects.includes(option)).map(expectedOf))];
  const words = objects.map((option) => keysOf(option).join(' and '));
  if (words.length > 1) others.push(`one of the keys ${words.join(', ')}`);
  else if (words.length === 1) others.push(`the key${words[0]!.includes(' ') ? 's' : ''} ${words[0]}`);
  return others.join(' or ');
}

/** The message of a pattern, which in this schema says what is expected. */
function wordsOfCheck(schema: z.core.$ZodType): string | undefined {
  for (let at = schema as Schema; ; ) {
    const { def } = at._zod;
    for (const check of def.checks ?? []) {
      const error = check._zod.def.error;
      const text = typeof error === 'function' ? error({} as never) : undefined;
      const words = typeof text === 'string' ? text : text?.message;
      if (words !== undefined) return words;
    }
    if (def.type === 'pipe') at = def.in as Schema;
    else if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') at = def.innerType as Schema;
    else return undefined;
  }
}

function numberText(schema: Schema): string {
  const { format, checks = [] } = schema._zod.def as z.core.$ZodNumberDef & { format?: string };
  const bound = (kind: string): unknown => {
    const found = checks.map((check) => check._zod.def as { check: string; value?: unknown });
    return found.find(({ check }) => check === kind)?.value;
  };
  const [from, to] = [bound('greater_than'), bound('less_than')];
  const range = from === undefined ? '' : to === undefined ? ` of at least ${from}` : ` from ${from} to ${to}`;
  return `a ${format === undefined ? '' : 'whole '}number${range}`;
}

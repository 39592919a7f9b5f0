/** What of a wrong configuration can still be judged: the rest of it, with something harmless where the faults were. */
import { z } from 'zod';
import type { Path, Problem } from './problem.ts';
import { type Config, configSchema } from './schema.ts';
import { childOf, inner, isRequired, meant, type Schema } from './walk.ts';

export interface Sound {
  config: Config;
  /** Whether what stands at the path, or around it, was put there in place of something wrong. */
  isStandIn(path: Path): boolean;
}

/** Each round mends what the one before laid open; faults that nothing mends give way to what is around them. */
const ROUNDS_MAX = 20;

/**
 * Names stay known, and lists keep their length, so that the paths of what is found hold for what was written.
 * @param value the configuration as it stands; it is changed
 * @returns undefined when nothing sound could be made of it
 */
export function soundPart(value: unknown, problems: readonly Problem[]): Sound | undefined {
  const changed = new Set<string>();
  const isStandIn = (path: Path): boolean => path.some((_, at) => changed.has(keyOf(path.slice(0, at + 1))));
  let faults: Path[] = problems.map(pathOfFault);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    mend(value, { faults, changed });
    const parsed = configSchema.safeParse(value);
    if (parsed.success) return { config: parsed.data, isStandIn };
    faults = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key] as Path) : [issue.path as Path],
    );
  }
  return undefined;
}

function pathOfFault({ path, unknownKey }: Problem): Path {
  return unknownKey === undefined ? path : [...path, unknownKey];
}

interface Mending {
  faults: readonly Path[];
  /** What was replaced or taken away already; grows. */
  changed: Set<string>;
}

function mend(root: unknown, { faults, changed }: Mending): void {
  const now = new Set<string>();
  for (const fault of faults) {
    // What is wrong within something that has just been replaced is gone with it.
    if (fault.some((_, at) => now.has(keyOf(fault.slice(0, at + 1))))) continue;
    for (let length = fault.length; length > 0; length--) {
      const path = fault.slice(0, length);
      if (!replace(root, { path, isAgain: changed.has(keyOf(path)) })) continue;
      changed.add(keyOf(path));
      now.add(keyOf(path));
      break;
    }
  }
}

/** Takes away what may be absent, and puts the least that will do where something must be. @returns whether it could */
function replace(root: unknown, { path, isAgain }: { path: Path; isAgain: boolean }): boolean {
  const found = placeAt(root, path);
  if (found === undefined) return false;
  const { holder, last, schema, isNamed } = found;
  const isNeeded = schema !== undefined && (isNamed || Array.isArray(holder) || isRequired(schema));
  if (isNeeded && !isAgain) {
    holder[last] = leastOf(schema);
    return true;
  }
  return !Array.isArray(holder) && Object.hasOwn(holder, last) && delete holder[last];
}

interface Found {
  /** The map or list it stands in. */
  holder: Record<string | number, unknown>;
  last: string | number;
  /** Undefined where the schema knows of nothing. */
  schema: z.core.$ZodType | undefined;
  /** Others may refer to it by its name. */
  isNamed: boolean;
}

function placeAt(root: unknown, path: Path): Found | undefined {
  let holder = root;
  let around: Schema = configSchema;
  for (const part of path.slice(0, -1)) {
    const child = childOf(around, part);
    if (child === undefined || !isHolder(holder) || !Object.hasOwn(holder, part)) return undefined;
    holder = holder[part];
    around = meant(child, holder);
  }
  if (!isHolder(holder)) return undefined;
  const last = path.at(-1)!;
  return { holder, last, schema: childOf(around, last), isNamed: around._zod.def.type === 'record' };
}

function isHolder(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The least that the schema takes; undefined when none was thought of. */
function leastOf(schema: z.core.$ZodType): unknown {
  const bare = inner(schema);
  const { def } = bare._zod;
  // Of sources this is a command: a plan may have several of these.
  if (def.type === 'union') return leastOf(def.options.at(-1)!);
  if (def.type === 'array') return [leastOf(def.element)];
  if (def.type !== 'object') return ['stand-in', '1h', 1, true].find((each) => z.safeParse(bare, each).success);
  const keys = Object.keys(def.shape);
  const of = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, leastOf(def.shape[name]!)]));
  const needed = keys.filter((name) => isRequired(def.shape[name]!));
  // Some want one of several keys.
  const candidates = [of(needed), ...keys.map((name) => of([...needed, name]))];
  return candidates.find((each) => z.safeParse(bare, each).success);
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

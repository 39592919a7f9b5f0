/**
 * Variables of the environment in text values: `${NAME}`, `${NAME:-what holds when it is unset or empty}`, and `$${` for
 * a literal `${`. What is put in is text: it is not read as YAML, and not searched for variables again.
 */
import type { Path, Problem } from './problem.ts';
import { scalarsOf, type Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Changes the tree. @returns what could not be put in */
export function substitute(tree: Tree, environment: Environment): Problem[] {
  const problems: Problem[] = [];
  for (const { scalar, path } of scalarsOf(tree)) {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) continue;
    const { text, faults, isChanged } = substituted(scalar.value, environment);
    scalar.value = text;
    scalar.isSubstituted = isChanged;
    problems.push(...faults.map((fault) => ({ place: scalar.place, path, text: fault })));
  }
  return problems;
}

const VARIABLE = /\$?\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g;

function substituted(value: string, environment: Environment): { text: string; faults: string[]; isChanged: boolean } {
  const faults: string[] = [];
  let isChanged = false;
  const text = value.replace(VARIABLE, (found: string, name: string | undefined, fallback: string | undefined) => {
    if (found.startsWith('$$')) return found.slice(1);
    if (name === undefined) {
      faults.push(`expected \${NAME} or \${NAME:-default}; a literal \${ is written $\${`);
      return found;
    }
    const given = Object.hasOwn(environment, name) ? environment[name] : undefined;
    isChanged = true;
    if (fallback !== undefined) return given || fallback;
    if (given === undefined)
      faults.push(`the environment has no variable ${name}; a default is given by \${${name}:-…}`);
    return given ?? '';
  });
  return { text, faults, isChanged };
}

/** Turns substituted text at these paths into the number or boolean it spells; for keys that take no text. @returns whether any was */
export function respell(tree: Tree, paths: readonly Path[]): boolean {
  const wanted = new Set(paths.map((path) => JSON.stringify(path)));
  let isChanged = false;
  for (const { scalar, path } of scalarsOf(tree)) {
    const value = scalar.isSubstituted && wanted.has(JSON.stringify(path)) ? spelled(scalar.value) : undefined;
    if (value === undefined) continue;
    scalar.value = value;
    isChanged = true;
  }
  return isChanged;
}

function spelled(value: unknown): number | boolean | undefined {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
}

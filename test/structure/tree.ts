/** The files of the checkout, as the structure test sees them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const OUTSIDE = ['node_modules', '.git', 'dist', 'coverage', '.cache'];

/** Paths relative to the checkout, sorted; folders that are not kept in git are left out. */
export function filesOf(pattern: string): string[] {
  const entries = globSync(pattern, {
    cwd: ROOT,
    withFileTypes: true,
    exclude: (entry) => OUTSIDE.includes(entry.name),
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** `src/vault/pack.ts` and `src/vault.ts` → `vault`. */
export function moduleOf(file: string): string {
  return file.split('/')[1]!.replace(/\.ts$/, '');
}

export function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

/** A door is a file directly in `src`; `main.ts` is the process edge and `base` has none. */
export function isDoor(file: string): boolean {
  return /^src\/[^/]+\.ts$/.test(file) && file !== 'src/main.ts' && !isTest(file);
}

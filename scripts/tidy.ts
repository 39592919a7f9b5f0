/** What a script writes is laid out as the formatter wants it, so that nobody has to tidy generated files by hand. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIOME = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));

/** @param path of the file that `text` is for: its ending says what it is */
export function tidied(text: string, path: string): string {
  return execFileSync(BIOME, ['format', `--stdin-file-path=${path}`], { input: text, cwd: ROOT, encoding: 'utf8' });
}

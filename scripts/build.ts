/**
 * Builds `dist/`: the program as plain JavaScript, because Node does not strip types below `node_modules`.
 * One file for the program, one for each worker, and shared chunks, all in one flat folder, so that a path relative to
 * `import.meta.url` means the same in each. Packages stay outside and are installed as dependencies.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { mask } from '../test/structure/source.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');

export async function buildDist(): Promise<void> {
  const entries = findEntries();
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST, { recursive: true });
  await build({
    entryPoints: Object.fromEntries(entries.map((file) => [flatName(file), file])),
    outdir: DIST,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    packages: 'external',
    keepNames: true,
    logLevel: 'warning',
    plugins: [moveUrls(entries)],
  });
  for (const kernel of globSync(join(ROOT, 'kernels/*.wasm'))) copyFileSync(kernel, join(DIST, basename(kernel)));
}

/** The program and every worker, as absolute paths. */
function findEntries(): string[] {
  const workers = globSync(['**/worker.ts', '**/*-worker.ts'], { cwd: SRC }).sort();
  return ['main.ts', ...workers].map((file) => join(SRC, file));
}

/** `src/vault/seal-worker.ts` → `vault-seal-worker`. */
function flatName(file: string): string {
  return relative(SRC, file).replace(/\.ts$/, '').replaceAll('/', '-');
}

/** Rewrites `new URL('./x', import.meta.url)`, which esbuild leaves as it is, to where `x` is after the build. */
function moveUrls(entries: string[]): Plugin {
  return {
    name: 'move-urls',
    setup(builder) {
      builder.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes('import.meta')) return undefined;
        return { contents: moveUrlsOf({ source, path, entries }), loader: 'ts' };
      });
    },
  };
}

function moveUrlsOf({ source, path, entries }: { source: string; path: string; entries: string[] }): string {
  const code = mask(source);
  const urls = [...code.matchAll(/(?<=\bnew URL\(\s*)(['"]) *\1(?=,\s*import\.meta\.url\b)/g)];
  if (urls.length < (code.match(/\bimport\.meta\b/g) ?? []).length)
    throw new Error(`${relative(ROOT, path)}: the build understands import.meta only in new URL('…', import.meta.url)`);
  let contents = source;
  for (const { index, 0: literal } of urls.reverse()) {
    const target = source.slice(index + 1, index + literal.length - 1);
    const place = `'${builtPlace(resolve(dirname(path), target), entries)}'`;
    contents = contents.slice(0, index) + place + contents.slice(index + literal.length);
  }
  return contents;
}

/** Path relative to `dist` of what a source file points to. */
function builtPlace(file: string, entries: string[]): string {
  if (entries.includes(file)) return `./${flatName(file)}.js`;
  if (file.endsWith('.wasm')) return `./${basename(file)}`;
  if (file.startsWith(`${SRC}/`)) throw new Error(`${relative(ROOT, file)} is pointed to by URL but is no worker`);
  return relative(DIST, file);
}

if (import.meta.main) await buildDist();

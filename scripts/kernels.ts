/**
 * Builds the kernels: AssemblyScript in `kernels/*.ts` to WebAssembly beside it.
 * With `--check` writes nothing and fails when a checked-in file is not what its source builds to.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KERNELS = join(ROOT, 'kernels');
const COMPILER = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');

/** Compiles one source. Flags: fastest code, no runtime and no checks, memory from outside, vectors of 16 bytes. */
export function buildKernel(sourcePath: string, outPath: string): void {
  const options = '-O3 --runtime stub --noAssert --importMemory --enable simd --enable relaxed-simd'.split(' ');
  execFileSync(process.execPath, [COMPILER, sourcePath, '--outFile', outPath, ...options], {
    cwd: ROOT,
    stdio: 'pipe',
  });
}

/** @returns the sources whose checked-in build differs from a fresh one. */
export function findStaleKernels(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  try {
    return listSources().filter((name) => {
      const fresh = join(folder, wasmName(name));
      buildKernel(join(KERNELS, name), fresh);
      return !readFileSync(fresh).equals(readFileSync(join(KERNELS, wasmName(name))));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** File names in `kernels/`; never none, as a check that sees nothing must fail. */
export function listSources(): string[] {
  const names = readdirSync(KERNELS).filter((name) => name.endsWith('.ts'));
  if (names.length === 0) throw new Error('there are no kernels to build');
  return names;
}

function wasmName(sourceName: string): string {
  return sourceName.replace(/\.ts$/, '.wasm');
}

function main(): void {
  if (!process.argv.includes('--check')) {
    for (const name of listSources()) buildKernel(join(KERNELS, name), join(KERNELS, wasmName(name)));
    return;
  }
  const stale = findStaleKernels();
  if (stale.length === 0) return;
  process.stderr.write(`not what the source builds to: ${stale.join(', ')}. Run: npm run kernels\n`);
  process.exitCode = 1;
}

if (import.meta.main) main();

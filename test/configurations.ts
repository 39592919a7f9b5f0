/** Configurations in temporary folders, for tests. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import type { AppError } from '../src/base/errors.ts';
import { type LoadedConfig, loadConfig } from '../src/config.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A vault, and one plan with it that `more` belongs to. */
export const VAULT = 'vaults: { main: { url: /srv/vault, password: { value: x } } }\n';
export const planWith = (more: string): string =>
  `${VAULT}plans:\n  nightly:\n    vault: main\n    sources: [{ files: [/etc] }]\n${more}`;

let root: string | undefined;
let count = 0;

after(() => {
  if (root !== undefined) rmSync(root, { recursive: true });
});

/** Writes files into a new folder. @returns the folder */
export function folderOf(files: Files): string {
  root ??= mkdtempSync(join(tmpdir(), 'holdfast-'));
  const folder = join(root, String(++count));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

type Environment = Readonly<Record<string, string>>;

/** Loads holdfast.yaml, which a text alone is. */
export async function load(
  given: string | Files,
  environment: Environment = {},
): Promise<LoadedConfig & { folder: string }> {
  const folder = folderOf(typeof given === 'string' ? { 'holdfast.yaml': given } : given);
  return { folder, ...(await loadConfig({ file: join(folder, 'holdfast.yaml'), environment })) };
}

/** The problems of one that is wrong: without the folder, and without the name of the main file in front. */
export async function problemsOf(given: string | Files, environment: Environment = {}): Promise<string[]> {
  const error = await load(given, environment).then(
    () => assert.fail('it was loaded'),
    (thrown: AppError) => thrown,
  );
  assert.equal(error.code, 'config', String(error));
  const lines = error.message.replace('wrong configuration: ', '').split('\n');
  const folder = join(root!, String(count));
  return lines.map((line) => line.replaceAll(`${folder}/`, '').replace(/^holdfast\.yaml:/, ''));
}

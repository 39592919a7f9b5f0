/** What may be forgotten at any time: files in a directory that only this user can read. */
import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.ts';

/** A cache that cannot be read or written is an empty one: nothing here throws for what the file system says. */
export interface Cache {
  /** `name` is a file name of letters, digits and `-`. @returns undefined when there is nothing */
  load(name: string): Promise<Uint8Array | undefined>;
  /** Replaces what is there as a whole. The content proves itself to its reader; it need not survive a crash. */
  save(name: string, bytes: Uint8Array): Promise<void>;
}

export function directoryCache(directory: string): Cache {
  return {
    load: (name) => orNothing(readFile(join(directory, name))),
    save: async (name, bytes) => {
      await orNothing(saveFile(directory, name, bytes));
    },
  };
}

async function saveFile(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `${name}-${process.pid}`);
  await writeFile(temporary, bytes, { mode: 0o600 });
  try {
    await rename(temporary, join(directory, name));
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

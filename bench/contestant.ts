/** A backup program that takes part, with the settings its users have. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from './timing.ts';

/** Where one contestant keeps what it makes; all contestants are on the same file system. */
export interface Place {
  /** The folder in which the data lies under the name `input`. */
  folder: string;
  input: string;
  vault: string;
  /** Stands for the user's home: caches, settings, and temporary files. */
  home: string;
}

export interface Contestant {
  name: string;
  version: string;
  /** Makes an empty vault. */
  init(place: Place): Call;
  backup(place: Place): Call;
  /** Restores the newest snapshot into the empty folder `target`, where the data then lies under its name. */
  restore(place: Place, target: string): Call;
  /** Reads and proves everything in the vault. */
  check(place: Place): Call;
}

/** Environment that keeps a program out of the caches and temporary files of the user and of the other contestants. */
export function privateEnvironment(home: string): Record<string, string> {
  return { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: join(home, 'tmp') };
}

/** Removes what a contestant has left, so that it starts like on a machine where it never ran. */
export function emptyPlace({ vault, home }: Place): void {
  rmSync(vault, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'tmp'), { recursive: true });
  mkdirSync(join(home, 'cache'));
}

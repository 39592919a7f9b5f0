import type { CommandSpec } from './spec.ts';

export interface CommandEntry {
  /** Heading in help. */
  readonly section: string;
  /** One line without a full stop. */
  readonly summary: string;
  load(): Promise<CommandSpec>;
}

/** Every command there is. A name of two words (`key add`) is a command of a group. Order is the order in help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  init: {
    section: 'Backing up',
    summary: 'Create a vault',
    load: async () => (await import('./init.ts')).command,
  },
  backup: {
    section: 'Backing up',
    summary: 'Back up files, standard input or the output of a command',
    load: async () => (await import('./backup.ts')).command,
  },
  snapshots: {
    section: 'Looking',
    summary: 'List the snapshots',
    load: async () => (await import('./snapshots.ts')).command,
  },
  ls: {
    section: 'Looking',
    summary: 'List what is in a snapshot',
    load: async () => (await import('./ls.ts')).command,
  },
  dump: {
    section: 'Looking',
    summary: 'Write out a file, or a folder as tar or zip',
    load: async () => (await import('./dump.ts')).command,
  },
  cat: {
    section: 'Looking after a vault',
    summary: 'Print an object of the vault',
    load: async () => (await import('./cat.ts')).command,
  },
  completion: {
    section: 'About Holdfast',
    summary: 'Print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).command,
  },
  version: {
    section: 'About Holdfast',
    summary: 'Show the version of Holdfast and of what it runs on',
    load: async () => (await import('./version.ts')).command,
  },
};

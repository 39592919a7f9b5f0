import type { CommandSpec } from './spec.ts';
import { HA_COMMANDS } from './table-ha.ts';

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
  copy: {
    section: 'Backing up',
    summary: 'Copy snapshots from another vault',
    load: async () => (await import('./copy.ts')).command,
  },
  restore: {
    section: 'Restoring',
    summary: 'Restore a snapshot, or a part of it',
    load: async () => (await import('./restore.ts')).command,
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
  find: {
    section: 'Looking',
    summary: 'Find files in snapshots, or where a blob is used',
    load: async () => (await import('./find.ts')).command,
  },
  diff: {
    section: 'Looking',
    summary: 'Compare two snapshots',
    load: async () => (await import('./diff.ts')).command,
  },
  stats: {
    section: 'Looking',
    summary: 'Count what snapshots hold',
    load: async () => (await import('./stats.ts')).command,
  },
  dump: {
    section: 'Looking',
    summary: 'Write out a file, or a folder as tar or zip',
    load: async () => (await import('./dump.ts')).command,
  },
  check: {
    section: 'Looking after a vault',
    summary: 'Check a vault, on request every byte of it',
    load: async () => (await import('./check.ts')).command,
  },
  forget: {
    section: 'Looking after a vault',
    summary: 'Remove snapshots by rules',
    load: async () => (await import('./forget.ts')).command,
  },
  prune: {
    section: 'Looking after a vault',
    summary: 'Remove what no snapshot needs',
    load: async () => (await import('./prune.ts')).command,
  },
  tag: {
    section: 'Looking after a vault',
    summary: 'Change the tags of snapshots',
    load: async () => (await import('./tag.ts')).command,
  },
  unlock: {
    section: 'Looking after a vault',
    summary: 'Remove stale locks',
    load: async () => (await import('./unlock.ts')).command,
  },
  'key list': {
    section: 'Looking after a vault',
    summary: 'List the keys of the vault',
    load: async () => (await import('./key-list.ts')).command,
  },
  'key add': {
    section: 'Looking after a vault',
    summary: 'Let another password open the vault',
    load: async () => (await import('./key-add.ts')).command,
  },
  'key remove': {
    section: 'Looking after a vault',
    summary: 'Take a key away',
    load: async () => (await import('./key-remove.ts')).command,
  },
  'key passwd': {
    section: 'Looking after a vault',
    summary: 'Change the password',
    load: async () => (await import('./key-passwd.ts')).command,
  },
  'repair index': {
    section: 'Looking after a vault',
    summary: 'Make the index anew from the packs',
    load: async () => (await import('./repair-index.ts')).command,
  },
  'repair packs': {
    section: 'Looking after a vault',
    summary: 'Save what is good in damaged packs',
    load: async () => (await import('./repair-packs.ts')).command,
  },
  'repair snapshots': {
    section: 'Looking after a vault',
    summary: 'Make snapshots whole that need something lost',
    load: async () => (await import('./repair-snapshots.ts')).command,
  },
  cat: {
    section: 'Looking after a vault',
    summary: 'Print an object of the vault',
    load: async () => (await import('./cat.ts')).command,
  },
  run: {
    section: 'Running by themselves',
    summary: 'Run plans now',
    load: async () => (await import('./run.ts')).command,
  },
  serve: {
    section: 'Running by themselves',
    summary: 'Run plans when they are due, until stopped',
    load: async () => (await import('./serve.ts')).command,
  },
  schedule: {
    section: 'Running by themselves',
    summary: 'Show what is due when, or have systemd or cron run it',
    load: async () => (await import('./schedule.ts')).command,
  },
  status: {
    section: 'Running by themselves',
    summary: 'How far back one would have to go, plan by plan',
    load: async () => (await import('./status.ts')).command,
  },
  history: {
    section: 'Running by themselves',
    summary: 'List runs, print their logs',
    load: async () => (await import('./history.ts')).command,
  },
  doctor: {
    section: 'Running by themselves',
    summary: "Find what would stop tonight's run",
    load: async () => (await import('./doctor.ts')).command,
  },
  'notify test': {
    section: 'Running by themselves',
    summary: 'Send a test message',
    load: async () => (await import('./notify-test.ts')).command,
  },
  shelf: {
    section: 'Looking after archives',
    summary: 'List, make, check, transfer, purge and look into dated archives with sidecars',
    load: async () => (await import('./shelf.ts')).command,
  },
  'config init': {
    section: 'Configuration',
    summary: 'Write a first configuration',
    load: async () => (await import('./config-init.ts')).command,
  },
  'config check': {
    section: 'Configuration',
    summary: 'Check the configuration, and this machine against it',
    load: async () => (await import('./config-check.ts')).command,
  },
  'config show': {
    section: 'Configuration',
    summary: 'Show the configuration as it holds',
    load: async () => (await import('./config-show.ts')).command,
  },
  'config schema': {
    section: 'Configuration',
    summary: 'Print the JSON Schema of the configuration',
    load: async () => (await import('./config-schema.ts')).command,
  },
  ...HA_COMMANDS,
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

/** The tables, as numbered steps from one version to the next. docs/ledger.md explains them column by column. */
import { AppError } from '../base/errors.ts';
import type { Database } from './database.ts';
import { foreignError } from './failure.ts';

/** `HFLG`, in the header of the file (sqlite.org/fileformat.html, offset 68): tells a ledger from other SQLite files. */
export const APPLICATION_ID = 0x48464c47;

const FIRST = `
  CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('backup', 'verify', 'prune', 'shelf')),
    subject TEXT NOT NULL CHECK (subject <> ''),
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'retry', 'manual')),
    due_ms INTEGER,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    status TEXT NOT NULL CHECK (status IN ('running', 'success', 'incomplete', 'failed', 'interrupted', 'lost')),
    process TEXT NOT NULL,
    log_file TEXT,
    snapshot_id TEXT CHECK (snapshot_id <> ''),
    error_code TEXT,
    error_text TEXT,
    notes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notes) AND json_type(notes) = 'array'),
    files INTEGER CHECK (files >= 0),
    bytes INTEGER CHECK (bytes >= 0),
    files_changed INTEGER CHECK (files_changed >= 0),
    bytes_added INTEGER CHECK (bytes_added >= 0),
    bytes_stored INTEGER CHECK (bytes_stored >= 0),
    bytes_verified INTEGER CHECK (bytes_verified >= 0),
    problems INTEGER CHECK (problems >= 0),
    vault_bytes INTEGER CHECK (vault_bytes >= 0),
    CHECK ((status = 'running') = (ended_ms IS NULL)),
    CHECK (status <> 'running' OR snapshot_id IS NULL)
  ) STRICT;

  CREATE UNIQUE INDEX run_due ON run (kind, subject, due_ms) WHERE due_ms IS NOT NULL AND status NOT IN ('lost', 'interrupted');
  CREATE INDEX run_subject ON run (kind, subject, status);
  CREATE UNIQUE INDEX run_running ON run (kind, subject) WHERE status = 'running';

  CREATE TABLE point (
    plan TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    snapshot_id TEXT NOT NULL,
    run_id INTEGER NOT NULL UNIQUE,
    is_good INTEGER NOT NULL CHECK (is_good IN (0, 1)),
    PRIMARY KEY (plan, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE settled (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE vault (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE verified_pack (
    vault INTEGER NOT NULL REFERENCES vault (id),
    pack BLOB NOT NULL CHECK (length(pack) = 32),
    verified_ms INTEGER NOT NULL,
    PRIMARY KEY (vault, pack)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE proof (
    vault TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    proven_ms INTEGER NOT NULL,
    PRIMARY KEY (vault, snapshot_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE hold (
    run_id INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    plan TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    reasons TEXT NOT NULL CHECK (json_valid(reasons) AND json_type(reasons) = 'array'),
    held_ms INTEGER NOT NULL,
    released_ms INTEGER,
    released_by TEXT,
    CHECK ((released_ms IS NULL) = (released_by IS NULL))
  ) STRICT;
  CREATE INDEX hold_plan ON hold (plan);

  CREATE TABLE sent_notice (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    key TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL CHECK (is_delivered IN (0, 1))
  ) STRICT;
  CREATE INDEX sent_notice_time ON sent_notice (sent_ms);

  CREATE TABLE trouble (
    key TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Runs whose outcome was not told yet. Holds that outlive their run, as their snapshot does, and that a later run may have
 * taken over. Proofs by the vault's own id, of snapshots that got another id with other tags.
 */
const SECOND = `
  ALTER TABLE run ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1 CHECK (is_told IN (0, 1));
  CREATE INDEX run_untold ON run (id) WHERE is_told = 0;

  CREATE TABLE hold_2 (
    run_id INTEGER NOT NULL,
    plan TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    reasons TEXT NOT NULL CHECK (json_valid(reasons) AND json_type(reasons) = 'array'),
    held_ms INTEGER NOT NULL,
    released_ms INTEGER,
    released_by TEXT,
    is_wrong INTEGER NOT NULL DEFAULT 0 CHECK (is_wrong IN (0, 1)),
    PRIMARY KEY (run_id, snapshot_id),
    CHECK (is_wrong = 0 OR released_ms IS NOT NULL),
    CHECK ((released_ms IS NULL) = (released_by IS NULL))
  ) STRICT, WITHOUT ROWID;
  INSERT INTO hold_2 (run_id, plan, snapshot_id, reasons, held_ms, released_ms, released_by)
    SELECT run_id, plan, snapshot_id, reasons, held_ms, released_ms, released_by FROM hold;
  DROP TABLE hold;
  ALTER TABLE hold_2 RENAME TO hold;
  CREATE INDEX hold_plan ON hold (plan);

  CREATE TABLE proof_2 (
    vault TEXT NOT NULL,
    vault_id TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    origin_id TEXT NOT NULL,
    proven_ms INTEGER NOT NULL,
    PRIMARY KEY (vault, snapshot_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO proof_2 SELECT vault, '', snapshot_id, snapshot_id, proven_ms FROM proof;
  DROP TABLE proof;
  ALTER TABLE proof_2 RENAME TO proof;

  CREATE TABLE owed_notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    notice TEXT NOT NULL CHECK (json_valid(notice)),
    owed_ms INTEGER NOT NULL,
    tried_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 1)
  ) STRICT;
`;

/** What people did to a cluster. */
const THIRD = `
  CREATE TABLE operator_action (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL CHECK (command <> ''),
    target TEXT NOT NULL,
    who TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    verdict TEXT NOT NULL CHECK (json_valid(verdict) AND json_type(verdict) = 'array'),
    override TEXT CHECK (override <> ''),
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'refused', 'interrupted')),
    text TEXT,
    CHECK ((outcome IS NULL) = (ended_ms IS NULL))
  ) STRICT;
`;

/**
 * Runs that try the fencing of clusters, and what each path last proved and last failed with. A table whose CHECK grows has
 * to be made anew; its numbers go on where they were.
 */
const FOURTH = `
  CREATE TABLE run_4 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('backup', 'verify', 'prune', 'shelf', 'fencing')),
    subject TEXT NOT NULL CHECK (subject <> ''),
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'retry', 'manual')),
    due_ms INTEGER,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    status TEXT NOT NULL CHECK (status IN ('running', 'success', 'incomplete', 'failed', 'interrupted', 'lost')),
    process TEXT NOT NULL,
    log_file TEXT,
    snapshot_id TEXT CHECK (snapshot_id <> ''),
    error_code TEXT,
    error_text TEXT,
    notes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notes) AND json_type(notes) = 'array'),
    files INTEGER CHECK (files >= 0),
    bytes INTEGER CHECK (bytes >= 0),
    files_changed INTEGER CHECK (files_changed >= 0),
    bytes_added INTEGER CHECK (bytes_added >= 0),
    bytes_stored INTEGER CHECK (bytes_stored >= 0),
    bytes_verified INTEGER CHECK (bytes_verified >= 0),
    problems INTEGER CHECK (problems >= 0),
    vault_bytes INTEGER CHECK (vault_bytes >= 0),
    is_told INTEGER NOT NULL DEFAULT 1 CHECK (is_told IN (0, 1)),
    CHECK ((status = 'running') = (ended_ms IS NULL)),
    CHECK (status <> 'running' OR snapshot_id IS NULL)
  ) STRICT;
  INSERT INTO run_4 SELECT
    id, kind, subject, trigger, due_ms, started_ms, ended_ms, status, process, log_file, snapshot_id, error_code, error_text,
    notes, files, bytes, files_changed, bytes_added, bytes_stored, bytes_verified, problems, vault_bytes, is_told FROM run;
  DELETE FROM sqlite_sequence WHERE name = 'run_4';
  INSERT INTO sqlite_sequence (name, seq) SELECT 'run_4', seq FROM sqlite_sequence WHERE name = 'run';
  DROP TABLE run;
  ALTER TABLE run_4 RENAME TO run;

  CREATE UNIQUE INDEX run_due ON run (kind, subject, due_ms) WHERE due_ms IS NOT NULL AND status NOT IN ('lost', 'interrupted');
  CREATE INDEX run_subject ON run (kind, subject, status);
  CREATE UNIQUE INDEX run_running ON run (kind, subject) WHERE status = 'running';
  CREATE INDEX run_untold ON run (id) WHERE is_told = 0;

  CREATE TABLE fencing_proof (
    cluster TEXT NOT NULL CHECK (cluster <> ''),
    node TEXT NOT NULL CHECK (node <> ''),
    path TEXT NOT NULL CHECK (path <> ''),
    is_proven INTEGER NOT NULL CHECK (is_proven IN (0, 1)),
    at_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (cluster, node, path, is_proven)
  ) STRICT, WITHOUT ROWID;
`;

/** Step n makes a database of version n one of version n + 1. A released step is never changed. */
export const STEPS: readonly string[] = [FIRST, SECOND, THIRD, FOURTH];

/** Kept in `user_version`. */
export const VERSION = STEPS.length;

/** @throws {AppError} `ledger-failed` unless this SQLite file is a ledger of a version that is known */
export function expectKnown(database: { file: string; pragma(name: string): number }): void {
  const application = database.pragma('application_id');
  if (application !== APPLICATION_ID) throw foreignError(database.file, 'it is an SQLite file of another program');
  const version = database.pragma('user_version');
  if (version > VERSION) throw newerError(database.file, version);
}

/** For who may not migrate. @throws {AppError} `ledger-failed` when this is the ledger of an earlier version */
export function expectCurrent(database: Database): void {
  const version = database.pragma('user_version');
  if (version === VERSION) return;
  throw new AppError('ledger-failed', {
    detail: `${database.file} has schema version ${version} and is brought to ${VERSION} by the next run`,
    hint: 'Start the daemon or a run with this version of Holdfast, as the user who owns the ledger.',
  });
}

export function newerError(file: string, version: number): AppError {
  return new AppError('ledger-failed', {
    detail: `${file} has schema version ${version}, but this program knows only ${VERSION}; nothing was changed`,
    hint: 'It was written by a newer Holdfast: use that one.',
  });
}

/**
 * Brings a ledger to the version that `steps` lead to, each step in a transaction of its own, however many processes try
 * at once.
 */
export function migrate(database: Database, steps: readonly string[] = STEPS): void {
  for (const [version, step] of steps.entries()) {
    if (database.pragma('user_version') > version) continue;
    database.exclusive(() => {
      // Another process may have been quicker.
      if (database.pragma('user_version') > version) return;
      database.execute(step);
      database.execute(`PRAGMA user_version = ${version + 1}`);
    });
  }
}

/** Rows of the table `run`, and runs. */
import type { Value } from './database.ts';
import type { Run, RunFigures, RunKind, RunStatus, RunTrigger } from './model.ts';

/** A row of `run` with the number of its point. */
export interface RunRow {
  id: number;
  kind: RunKind;
  subject: string;
  trigger: RunTrigger;
  due_ms: number | null;
  started_ms: number;
  ended_ms: number | null;
  status: RunStatus;
  process: string;
  log_file: string | null;
  snapshot_id: string | null;
  sequence: number | null;
  error_code: string | null;
  error_text: string | null;
  notes: string;
  files: number | null;
  bytes: number | null;
  files_changed: number | null;
  bytes_added: number | null;
  bytes_stored: number | null;
  bytes_verified: number | null;
  problems: number | null;
  vault_bytes: number | null;
}

type FigureColumn =
  | 'files'
  | 'bytes'
  | 'files_changed'
  | 'bytes_added'
  | 'bytes_stored'
  | 'bytes_verified'
  | 'problems'
  | 'vault_bytes';

const FIGURE_COLUMNS: Readonly<Record<keyof RunFigures, FigureColumn>> = {
  files: 'files',
  bytes: 'bytes',
  filesChanged: 'files_changed',
  bytesAdded: 'bytes_added',
  bytesStored: 'bytes_stored',
  bytesVerified: 'bytes_verified',
  problems: 'problems',
  vaultBytes: 'vault_bytes',
};

const FIGURES = Object.entries(FIGURE_COLUMNS) as [keyof RunFigures, FigureColumn][];

/** Assignments of all figures, for an UPDATE with the values of `figureValues`. */
export const FIGURE_ASSIGNMENTS = FIGURES.map(([, column]) => `${column} = ?`).join(', ');

export function figureValues(figures: RunFigures): Value[] {
  return FIGURES.map(([name]) => figures[name] ?? null);
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    trigger: row.trigger,
    dueMs: row.due_ms ?? undefined,
    startedMs: row.started_ms,
    logFile: row.log_file ?? undefined,
    process: row.process,
    status: row.status,
    endedMs: row.ended_ms ?? undefined,
    figures: figuresOf(row),
    snapshotId: row.snapshot_id ?? undefined,
    sequence: row.sequence ?? undefined,
    errorCode: row.error_code ?? undefined,
    errorText: row.error_text ?? undefined,
    notes: JSON.parse(row.notes) as string[],
  };
}

function figuresOf(row: RunRow): RunFigures {
  const figures: RunFigures = {};
  for (const [name, column] of FIGURES) {
    const value = row[column];
    if (value !== null) figures[name] = value;
  }
  return figures;
}

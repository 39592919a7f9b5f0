/** A run of the ledger as lines and fields. */
import { formatBytes } from '../base/bytes.ts';
import type { Run } from '../ledger.ts';
import { shortId } from './ids.ts';
import { counted } from './text.ts';
import { formatDuration } from './time.ts';

/** `backup etc: success in 4.2 s: 412 files, 3.1 MiB, 14.2 KiB new; snapshot 1a2b3c4d` */
export function describeRun({
  kind,
  subject,
  status,
  startedMs,
  endedMs,
  figures,
  snapshotId,
  errorText,
}: Run): string {
  const { files, bytes, bytesStored, bytesVerified } = figures;
  const parts = [
    ...(files === undefined ? [] : [counted(files, 'file')]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
    ...(bytesStored === undefined ? [] : [`${formatBytes(bytesStored)} stored`]),
    ...(bytesVerified === undefined ? [] : [`${formatBytes(bytesVerified)} read back`]),
    ...(snapshotId === undefined ? [] : [`snapshot ${shortId(snapshotId)}`]),
  ];
  const took = endedMs === undefined ? '' : ` in ${formatDuration(endedMs - startedMs)}`;
  const what = [errorText, parts.join(', ')].filter((part) => part).join('; ');
  return `${kind} ${subject}: ${status}${took}${what === '' ? '' : `: ${what}`}`;
}

export function runFields(run: Run): Record<string, unknown> {
  const { figures } = run;
  return {
    id: run.id,
    kind: run.kind,
    subject: run.subject,
    trigger: run.trigger,
    status: run.status,
    due: timeOf(run.dueMs),
    started: timeOf(run.startedMs),
    ended: timeOf(run.endedMs),
    snapshot_id: run.snapshotId ?? null,
    point: run.sequence ?? null,
    files: figures.files ?? null,
    files_changed: figures.filesChanged ?? null,
    bytes: figures.bytes ?? null,
    bytes_added: figures.bytesAdded ?? null,
    bytes_stored: figures.bytesStored ?? null,
    bytes_verified: figures.bytesVerified ?? null,
    problems: figures.problems ?? null,
    vault_bytes: figures.vaultBytes ?? null,
    error_code: run.errorCode ?? null,
    error: run.errorText ?? null,
    notes: run.notes,
    log: run.logFile ?? null,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

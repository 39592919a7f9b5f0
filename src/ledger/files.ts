/** The files of a ledger as files: what is there, and of what kind. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import { foreignError, moveAway } from './failure.ts';
import { APPLICATION_ID, newerError, VERSION } from './schema.ts';

/** Header of an SQLite file (sqlite.org/fileformat.html): 100 bytes that begin with this text. */
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const VERSION_OFFSET = 60;
const APPLICATION_OFFSET = 68;

/** @throws the system error when it cannot be seen whether it is there */
export function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Whether some process has the ledger open, this one included, or was killed while it had. */
export function isInUse(file: string): boolean {
  return isThere(`${file}-wal`) || isThere(`${file}-shm`);
}

/**
 * Looks at a file that SQLite has not seen yet, so that what is no ledger of ours is not even opened by it.
 * A file in use is left to SQLite: closing any descriptor of it would drop the locks this process has on it (fcntl(2)).
 * For the same reason nothing here may wait: nobody in this process can open it meanwhile.
 * @throws {AppError} `ledger-failed` when it is something else or of a newer program
 */
export function expectLedger(file: string): void {
  if (isInUse(file)) return;
  const header = headerOf(file);
  if (header.length === 0) throw foreignError(file, 'it is empty');
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC || header.length < HEADER_BYTES)
    throw foreignError(file, 'it is no SQLite file');
  if (header.readUInt32BE(APPLICATION_OFFSET) !== APPLICATION_ID)
    throw foreignError(file, 'it is an SQLite file of another program');
  const version = header.readUInt32BE(VERSION_OFFSET);
  if (version > VERSION) throw newerError(file, version);
}

/**
 * A log without its ledger would be taken for the log of a new one, and its pages written into it.
 * @throws {AppError} `ledger-failed`
 */
export function expectNoRemains(file: string): void {
  for (const remains of [`${file}-wal`, `${file}-journal`]) {
    if ((statSync(remains, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    const detail = `${file} is gone, but ${remains}, which belongs to it, is there`;
    throw new AppError('ledger-failed', { detail, hint: `Put ${file} back if you can. Otherwise: ${moveAway(file)}` });
  }
}

function headerOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

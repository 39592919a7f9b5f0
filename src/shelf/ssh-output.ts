/** What the scripts of the other side print. */
import { isUtf8 } from 'node:buffer';
import { AppError } from '../base/errors.ts';
import type { Digests, FoundFile, Listing } from './model.ts';
import { archiveOfSidecar } from './sidecar.ts';

const FILE = /^f(\d+)\/(-?\d+)(?:\.(\d+))?\/(.*)$/s;

/** Told of a name that is left out. */
type OnProblem = (text: string) => void;

/**
 * @returns `isWhole` is false when a search did not see everything
 * @throws {AppError} `command-failed` when this is no output of the script, or its end is missing
 */
export function readListing(output: Buffer, onProblem: OnProblem): { listing: Listing; isWhole: boolean } {
  const middle = endOfRecords(output);
  const last = output.lastIndexOf('//');
  const codes = /^(\d+) (\d+)$/.exec(output.toString('latin1', last + 2));
  if (middle < 0 || last < middle || codes === null) throw unreadable('listing');
  const files: FoundFile[] = [];
  const folders: string[] = [];
  for (const record of recordsOf(output.subarray(0, middle), onProblem)) {
    const file = FILE.exec(record);
    if (file !== null) files.push(fileOf(file));
    else if (record.startsWith('d/')) folders.push(record.slice(2));
    else throw unreadable('listing');
  }
  const sidecars = readContents(output.subarray(middle + 3, last));
  // One that is empty has no lines to tell, one that is too large is not read: neither says anything of its archive.
  for (const { path } of files) if (archiveOfSidecar(path) !== undefined && !sidecars.has(path)) sidecars.set(path, '');
  return { listing: { files, folders, sidecars }, isWhole: codes[1] === '0' && codes[2] === '0' };
}

/** @returns undefined when one of the programs did not end as it should */
export function readDigests(output: string): Digests | undefined {
  const md5 = /^([0-9a-f]{32}) /m.exec(output)?.[1];
  const sha256 = /^([0-9a-f]{64}) /m.exec(output)?.[1];
  const bytes = /^(\d+) bytes? .*copied/m.exec(output)?.[1];
  if (md5 === undefined || sha256 === undefined || bytes === undefined || !/^dd 0$/m.test(output)) return undefined;
  return { bytes: Number(bytes), md5, sha256 };
}

/** Where the record `//` begins: no other begins with a slash. */
function endOfRecords(output: Buffer): number {
  if (output.subarray(0, 3).equals(Buffer.from('//\0'))) return 0;
  const at = output.indexOf('\0//\0');
  return at < 0 ? -1 : at + 1;
}

function* recordsOf(bytes: Buffer, onProblem: OnProblem): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    const record = bytes.subarray(at, end);
    at = end + 1;
    if (isUtf8(record)) yield record.toString();
    else onProblem(`left out, as its name is not UTF-8: ${record.toString().replace(/^f[^/]*\/[^/]*\/|^d\//, '')}`);
  }
}

function fileOf([, bytes, seconds, fraction = '', path]: RegExpExecArray): FoundFile {
  const below = Number(fraction.padEnd(3, '0').slice(0, 3));
  const modifiedMs = Number(seconds) * 1000 + (seconds!.startsWith('-') ? -below : below);
  return { path: path!, bytes: Number(bytes), modifiedMs };
}

/** `./PATH` NUL LINE newline, again and again; lines of a file follow each other. */
function readContents(bytes: Buffer): Map<string, string> {
  const contents = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const nul = bytes.indexOf(0, at);
    if (nul < 0) throw unreadable('sidecars');
    const name = bytes.subarray(at + './'.length, nul);
    const newline = bytes.indexOf('\n', nul);
    const end = newline < 0 ? bytes.length : newline + 1;
    const path = name.toString();
    if (isUtf8(name)) contents.set(path, `${contents.get(path) ?? ''}${bytes.toString('utf8', nul + 1, end)}`);
    at = end;
  }
  return contents;
}

function unreadable(what: string): AppError {
  return new AppError('command-failed', { detail: `the ${what} that came from the other side cannot be read` });
}

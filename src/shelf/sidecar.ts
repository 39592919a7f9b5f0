/**
 * Sidecars: small files beside an archive that hold its size and digests. `.dna` is one line that Python can evaluate,
 * `{'dig': '<md5>', 'size': <bytes>}`; `.sha256` is what sha256sum(1) writes.
 */
import type { Sidecars } from './model.ts';

export const SIDECAR_SUFFIXES = ['.dna', '.sha256'] as const;

export type Read<T> = { value: T } | { problem: string };

const DNA_LENGTH_MAX = 4096;
/** One key and its value, in either kind of quotes; Python 2 writes large sizes with an L behind. */
const FIELD = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)L?)\s*/y;

/** Path of the archive that a sidecar belongs to; undefined when this is no sidecar. */
export function archiveOfSidecar(path: string): string | undefined {
  const suffix = SIDECAR_SUFFIXES.find((each) => path.endsWith(each) && !path.endsWith(`/${each}`) && path !== each);
  return suffix === undefined ? undefined : path.slice(0, -suffix.length);
}

/** Python's spelling or JSON's, the keys in any order. Further keys are let pass, as later tools may add some. */
export function parseDna(text: string): Read<NonNullable<Sidecars['dna']>> {
  const body = text.length > DNA_LENGTH_MAX ? null : /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === null || body === undefined) return { problem: 'is not of the form {…}' };
  const fields = fieldsOf(body);
  if (fields === undefined) return { problem: 'cannot be read' };
  const md5 = fields.get('dig');
  const size = fields.get('size');
  if (typeof md5 !== 'string' || !/^[0-9a-f]{32}$/i.test(md5)) return { problem: 'has no MD5 digest in dig' };
  if (typeof size !== 'number' || !Number.isSafeInteger(size)) return { problem: 'has no number of bytes in size' };
  return { value: { md5: md5.toLowerCase(), bytes: size } };
}

/** With the newline that existing trees have: 64 bytes for an archive of ten digits. */
export function formatDna({ md5, bytes }: NonNullable<Sidecars['dna']>): string {
  return `{'dig': '${md5}', 'size': ${bytes}}\n`;
}

/**
 * The digest of `file` (its name without folders) from what sha256sum(1) wrote: text and binary mode, escaped names
 * (coreutils manual, "md5sum invocation"), several lines; or a digest by itself.
 */
export function parseSha256(text: string, file: string): Read<string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const only = lines.length === 1 ? /^([0-9a-f]{64})\s*$/i.exec(lines[0]!) : null;
  if (only !== null) return { value: only[1]!.toLowerCase() };
  const entries = lines.map(readLine);
  if (entries.length === 0 || entries.includes(undefined)) return { problem: 'is not what sha256sum writes' };
  const found = entries.filter((entry) => entry!.name.split('/').at(-1) === file);
  if (found.length === 0) return { problem: 'is of another file' };
  if (new Set(found.map((entry) => entry!.digest)).size > 1) return { problem: 'has two digests of this file' };
  return { value: found[0]!.digest };
}

export function formatSha256(sha256: string, file: string): string {
  const escaped = file.replace(/[\\\n\r]/g, (char) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r' })[char]!);
  return `${escaped === file ? '' : '\\'}${sha256}  ${escaped}\n`;
}

function fieldsOf(body: string): Map<string, string | number> | undefined {
  const fields = new Map<string, string | number>();
  let at = 0;
  for (;;) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(body);
    if (match === null) return undefined;
    const key = (match[1] ?? match[2])!;
    if (fields.has(key)) return undefined;
    fields.set(key, match[5] === undefined ? (match[3] ?? match[4])! : Number(match[5]));
    at = FIELD.lastIndex;
    if (at === body.length) return fields;
    if (body[at] !== ',') return undefined;
    at++;
    // Python allows a comma at the end.
    if (body.slice(at).trim() === '') return fields;
  }
}

function readLine(line: string): { digest: string; name: string } | undefined {
  const match = /^(\\?)([0-9a-f]{64}) [ *](.+?)\r?$/is.exec(line);
  if (match === null) return undefined;
  const [, escaped, digest, name] = match as unknown as [string, string, string, string];
  return { digest: digest.toLowerCase(), name: escaped === '' ? name : unescapeName(name) };
}

function unescapeName(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, char: string) => ({ '\\': '\\', n: '\n', r: '\r' })[char]!);
}

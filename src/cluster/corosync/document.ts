/**
 * corosync.conf(5) without loss: `formatCorosync(parseCorosync(text))` is `text`, whatever it is. Lines are what corosync
 * reads: `name {`, `}`, `key: value`, a comment, or nothing; anything else is a problem, as corosync does not start with it.
 */

import { COROSYNC_CHARACTERS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type { Place, SyntaxProblem } from '../place.ts';

export interface CorosyncDocument {
  file: string;
  /** In order; each with its line end. */
  lines: CorosyncLine[];
  problems: readonly SyntaxProblem[];
}

export type CorosyncLine =
  | { kind: 'blank' | 'comment' | 'close' | 'unknown'; raw: string; place: Place | undefined }
  | { kind: 'open'; raw: string; name: string; place: Place | undefined }
  | { kind: 'entry'; raw: string; key: string; value: string; place: Place | undefined };

export type CorosyncEntry = CorosyncLine & { kind: 'entry' };

/** A section as a tree; the lines in it belong to the document. */
export interface CorosyncSection {
  /** Empty for the whole file. */
  name: string;
  place: Place | undefined;
  entries: readonly CorosyncEntry[];
  sections: readonly CorosyncSection[];
  /** Its lines in the document, from the one that opens it to the one that closes it. */
  from: number;
  to: number;
}

/** Bytes of a line, its end included, that corosync 3.1 reads; at a longer one it stops, even if it is a comment. */
const LINE_BYTES_MAX = 511;
/** Sections inside each other: the names together make a key of 255 bytes at most (icmap_overview(3)). */
const DEPTH_MAX = 32;

/**
 * What cannot be understood is among the problems, and reading goes on.
 * @throws {AppError} `config` when the file is too large to be a configuration
 */
export function parseCorosync(text: string, file: string): CorosyncDocument {
  if (text.length > COROSYNC_CHARACTERS_MAX) {
    const detail = `${file} has ${text.length} characters, more than the ${COROSYNC_CHARACTERS_MAX} a configuration may have`;
    throw new AppError('config', { detail, hint: 'Check that this is the file you meant.' });
  }
  const lines: CorosyncLine[] = [];
  const problems: SyntaxProblem[] = [];
  const open: Place[] = [];
  for (const [index, raw] of (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).entries()) {
    const column = raw.search(/\S/) + 1 || 1;
    const place = { file, line: index + 1, column };
    const { line, problem } = readLine(raw, place);
    lines.push(line);
    if (problem !== undefined) problems.push(problem);
    else if (line.kind === 'open') open.push(place);
    else if (line.kind === 'close' && open.pop() === undefined)
      problems.push({
        place,
        text: 'a } that closes nothing',
        remedy: 'Remove it, or add the line that opens its section.',
      });
    if (open.length === DEPTH_MAX + 1 && line.kind === 'open')
      problems.push({
        place,
        text: `more than ${DEPTH_MAX} sections inside each other`,
        remedy: 'Close those before it.',
      });
  }
  for (const place of open)
    problems.push({ place, text: 'this section is never closed', remedy: 'Add a line with } behind its last line.' });
  problems.sort((a, b) => a.place.line - b.place.line);
  return { file, lines, problems };
}

export function formatCorosync({ lines }: Pick<CorosyncDocument, 'lines'>): string {
  return lines.map(({ raw }) => raw).join('');
}

/** The document as a tree. A } too many is passed over; a section that is never closed ends with the file. */
export function sectionsOf({ lines }: Pick<CorosyncDocument, 'lines'>): CorosyncSection {
  interface Growing {
    name: string;
    place: Place | undefined;
    entries: CorosyncEntry[];
    sections: CorosyncSection[];
    from: number;
    to: number;
  }
  const top: Growing = { name: '', place: undefined, entries: [], sections: [], from: -1, to: lines.length };
  const open = [top];
  for (const [index, line] of lines.entries()) {
    const current = open.at(-1)!;
    if (line.kind === 'entry') current.entries.push(line);
    else if (line.kind === 'open') {
      const { name, place } = line;
      const section: Growing = { name, place, entries: [], sections: [], from: index, to: lines.length };
      current.sections.push(section);
      open.push(section);
    } else if (line.kind === 'close' && open.length > 1) {
      current.to = index;
      open.pop();
    }
  }
  return top;
}

/** All sections at a path of names: corosync takes several of one name as one, and several `node` as a list. */
export function sectionsAt(top: CorosyncSection, ...path: string[]): CorosyncSection[] {
  return path.reduce(
    (found, name) => found.flatMap((section) => section.sections.filter((each) => each.name === name)),
    [top],
  );
}

/** The entry of that key that counts: the last. */
export function entryOf(sections: readonly CorosyncSection[], key: string): CorosyncEntry | undefined {
  return sections.flatMap((section) => section.entries).findLast((entry) => entry.key === key);
}

/** A new line of the given form. */
export function newLine(raw: string): CorosyncLine {
  return readLine(raw, { file: '', line: 0, column: 0 }, true).line;
}

function readLine(raw: string, place: Place, isNew = false): { line: CorosyncLine; problem?: SyntaxProblem } {
  const text = raw
    .replace(/\r?\n$/, '')
    .replace(/[ \t]+$/, '')
    .replace(/^[ \t]+/, '');
  const at = isNew ? undefined : place;
  const problem = (what: string, remedy: string): { line: CorosyncLine; problem: SyntaxProblem } => ({
    line: { kind: 'unknown', raw, place: at },
    problem: { place, text: what, remedy },
  });
  if (Buffer.byteLength(raw) > LINE_BYTES_MAX)
    return problem(`a line of more than ${LINE_BYTES_MAX} bytes, which corosync does not read`, 'Shorten it.');
  if (text === '') return { line: { kind: 'blank', raw, place: at } };
  if (text.startsWith('#')) return { line: { kind: 'comment', raw, place: at } };
  if (text.includes('\0')) return problem('a line with a NUL character, which corosync does not read', 'Remove it.');
  const brace = text.indexOf('{');
  if (brace >= 0) {
    const name = text.slice(0, brace).replace(/[ \t:{]+$/, '');
    if (brace !== text.length - 1)
      return problem('something follows the { of a section', 'End the line with {, and begin a new one after it.');
    if (name === '') return problem('a section without a name', 'Write the name in front of {.');
    return { line: { kind: 'open', raw, name, place: at } };
  }
  const colon = text.indexOf(':');
  if (colon >= 0) {
    const key = text.slice(0, colon).replace(/[ \t]+$/, '');
    if (key === '') return problem('a value without a key', 'Write the key in front of the colon.');
    return { line: { kind: 'entry', raw, key, value: text.slice(colon + 1).replace(/^[ \t]+/, ''), place: at } };
  }
  if (text === '}') return { line: { kind: 'close', raw, place: at } };
  if (text.includes('}')) return problem('something stands beside the } of a section', 'Give } a line of its own.');
  return problem(
    'this is neither a section nor a key with its value',
    'Write `key: value`, or # in front of a comment.',
  );
}

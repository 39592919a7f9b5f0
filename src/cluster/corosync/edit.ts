/** Changes of a corosync.conf that leave every other line as it is. */
import { assert } from '../../base/assert.ts';
import { AppError } from '../../base/errors.ts';
import {
  type CorosyncDocument,
  type CorosyncSection,
  entryOf,
  formatCorosync,
  newLine,
  parseCorosync,
  sectionsAt,
  sectionsOf,
} from './document.ts';

export interface Change {
  /** Names of the sections from the top: `['totem']`, `['nodelist', 'node']`. */
  path: readonly string[];
  key: string;
  /** Undefined removes the key. */
  value: string | undefined;
  /** Which of several sections at `path`, by a key in it: `{ key: 'name', value: 'oss1' }`. */
  where?: { key: string; value: string };
}

/**
 * A document with the change made: the value of the entry that counts is replaced on its line, a new entry takes the
 * indentation of its neighbours, sections that are missing come at the end.
 * @throws {AppError} `config` when `where` fits no section, or the value cannot stand in a line
 */
export function setCorosync(document: CorosyncDocument, { path, key, value, where }: Change): CorosyncDocument {
  if (value !== undefined && /[\n\r{]/.test(value)) throw unwritable(key);
  const top = sectionsOf(document);
  const all = path.length === 0 ? [top] : sectionsAt(top, ...path);
  const sections = where === undefined ? all : all.filter((each) => entryOf([each], where.key)?.value === where.value);
  if (sections.length === 0 && where !== undefined)
    throw new AppError('config', {
      detail: `${document.file} has no section ${path.join('.')} with ${where.key}: ${where.value}`,
      hint: 'Check the name against the file.',
    });
  const lines = [...document.lines];
  if (value === undefined)
    return renewed(
      document,
      lines.filter(
        (line) => !sections.some((each) => each.entries.some((entry) => entry === line && entry.key === key)),
      ),
    );
  const entry = entryOf(sections, key);
  if (entry !== undefined) {
    const at = lines.indexOf(entry);
    const [, before = '', end = ''] = /^([^:]*:[ \t]*)[^\n]*?([ \t]*\r?\n?)$/.exec(entry.raw) ?? [];
    lines[at] = newLine(`${before}${value}${end}`);
    return renewed(document, lines);
  }
  const section = sections.at(-1);
  if (section !== undefined) lines.splice(placeIn(section, document), 0, entryLine(document, section, { key, value }));
  else lines.push(...sectionLines(document, [...path], `${key}: ${value}`));
  return renewed(document, lines);
}

/** Parsed again, as places and problems follow from the lines. */
function renewed(document: CorosyncDocument, lines: CorosyncDocument['lines']): CorosyncDocument {
  const ended = lines.map((line, index) =>
    index < lines.length - 1 && !line.raw.endsWith('\n') ? newLine(`${line.raw}${lineEndOf(document)}`) : line,
  );
  return parseCorosync(formatCorosync({ lines: ended }), document.file);
}

/** Behind the last entry, or right behind the line that opens the section. */
function placeIn(section: CorosyncSection, document: CorosyncDocument): number {
  const last = section.entries.at(-1);
  return (last === undefined ? section.from : document.lines.indexOf(last)) + 1;
}

function entryLine(
  document: CorosyncDocument,
  section: CorosyncSection,
  { key, value }: { key: string; value: string },
): CorosyncDocument['lines'][number] {
  const last = section.entries.at(-1)?.raw;
  const opening = document.lines[section.from]?.raw ?? '';
  const indent = last === undefined ? (section.from < 0 ? '' : `${indentOf(opening)}\t`) : indentOf(last);
  return newLine(`${indent}${key}: ${value}${lineEndOf(document)}`);
}

function sectionLines(document: CorosyncDocument, path: readonly string[], entry: string): CorosyncDocument['lines'] {
  assert(path.length > 0, 'a section without a name');
  const end = lineEndOf(document);
  const open = path.map((name, depth) => `${'\t'.repeat(depth)}${name} {${end}`);
  const close = path.map((_, depth) => `${'\t'.repeat(depth)}}${end}`).reverse();
  return [...open, `${'\t'.repeat(path.length)}${entry}${end}`, ...close].map(newLine);
}

function indentOf(raw: string): string {
  return /^[ \t]*/.exec(raw)![0];
}

function lineEndOf({ lines }: CorosyncDocument): string {
  return lines[0]?.raw.endsWith('\r\n') === true ? '\r\n' : '\n';
}

function unwritable(key: string): AppError {
  return new AppError('config', {
    detail: `the value of ${key} holds a line end or a brace, which corosync.conf cannot`,
    hint: 'Check the value.',
  });
}

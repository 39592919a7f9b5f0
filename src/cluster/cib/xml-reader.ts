/** Reads the text of a document into its elements, and says where it is wrong. */

import { CIB_CHARACTERS_MAX, XML_DEPTH_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type { Place } from '../place.ts';
import type { AttributeSpelling, XmlDocument, XmlElement, XmlNode } from './xml.ts';
import { decodeAttribute, decodeText, FORBIDDEN, NAME, ReferenceProblem } from './xml-text.ts';

const SPACE = /[\t\n\r ]*/y;
const EQUALS = /[\t\n\r ]*=[\t\n\r ]*/y;
const DECLARATION = /^<\?xml[\t\n\r ]/;
const ENCODING = /^\uFEFF?<\?xml[^>]*?[\t\n\r ]encoding[\t\n\r ]*=[\t\n\r ]*["']([^"']*)["']/;
const BYTE_ORDER_MARK = '\uFEFF';

/** A text being read. */
interface Reading {
  readonly file: string;
  readonly text: string;
  at: number;
}

/** An element whose end has not been seen. */
interface Open {
  readonly node: XmlElement;
  readonly children: XmlNode[];
}

/**
 * @param file Its name, for messages.
 * @throws {AppError} `config` with file, line and column when the text is not well-formed, brings a DTD, is in another
 *   encoding than UTF-8, or is larger or deeper than any configuration
 */
export function parseXml(text: string, file: string): XmlDocument {
  const reading: Reading = { file, text, at: 0 };
  expectReadable(reading);
  const document: XmlDocument = { kind: 'document', file, text, children: [] };
  if (text.startsWith(BYTE_ORDER_MARK)) document.children.push({ kind: 'text', raw: BYTE_ORDER_MARK, text: '' });
  reading.at = document.children.length;
  const open: Open[] = [];
  let hasRoot = false;
  while (reading.at < text.length) {
    const into = open.at(-1)?.children ?? document.children;
    if (text[reading.at] !== '<') into.push(readText(reading, open.length === 0));
    else if (text.startsWith('</', reading.at)) close(reading, open);
    else if (text.startsWith('<!', reading.at) || text.startsWith('<?', reading.at))
      into.push(readVerbatim(reading, open));
    else {
      if (open.length === 0 && hasRoot) throw wrong(reading, reading.at, 'a second element stands beside the first');
      hasRoot = true;
      openElement(reading, open, into);
    }
  }
  const last = open.at(-1);
  if (last !== undefined) throw wrong(reading, text.length, `the text ends within ${named(reading, last.node)}`);
  if (!hasRoot) throw wrong(reading, text.length, 'there is no element in it');
  return document;
}

/** Where an offset of a text is. */
export function placeAt(text: string, offset: number, file: string): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { file, line, column: offset - before.lastIndexOf('\n') };
}

/** Where an element begins; the top of the file for one that was built. */
export function placeOfElement({ text, file }: XmlDocument, { offset }: XmlElement): Place {
  return placeAt(text, offset ?? 0, file);
}

function expectReadable(reading: Reading): void {
  const { text, file } = reading;
  if (text.length > CIB_CHARACTERS_MAX) {
    const detail = `${file} has ${text.length} characters, more than the ${CIB_CHARACTERS_MAX} a configuration may have`;
    throw new AppError('config', { detail, hint: 'Check that this is the file you meant.' });
  }
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) {
    const code = forbidden[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    throw wrong(reading, forbidden.index, `the character U+${code} is not allowed in XML`);
  }
  const encoding = ENCODING.exec(text.slice(0, 200))?.[1];
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii|ascii)$/i.test(encoding))
    throw wrong(reading, 0, `the encoding ${encoding} is not UTF-8; convert the file with iconv(1) first`);
}

function readText(reading: Reading, isOutside: boolean): XmlNode {
  const { text, at } = reading;
  const next = text.indexOf('<', at);
  const end = next < 0 ? text.length : next;
  const raw = text.slice(at, end);
  if (isOutside && /[^\t\n\r ]/.test(raw))
    throw wrong(reading, at + raw.search(/[^\t\n\r ]/), 'text stands outside of the element');
  const cdataEnd = raw.indexOf(']]>');
  if (cdataEnd >= 0) throw wrong(reading, at + cdataEnd, ']]> stands in the text; write ]]&gt;');
  const decoded = decodeText(raw);
  if (decoded instanceof ReferenceProblem) throw wrong(reading, at + decoded.at, decoded.text);
  reading.at = end;
  return { kind: 'text', raw, text: decoded };
}

function openElement(reading: Reading, open: Open[], into: XmlNode[]): void {
  const offset = reading.at;
  if (open.length >= XML_DEPTH_MAX)
    throw wrong(reading, offset, `more than ${XML_DEPTH_MAX} elements inside each other`);
  reading.at++;
  const name = readName(reading, 'an element');
  const { spellings, end } = readAttributes(reading, name);
  const isEmpty = reading.text[reading.at] === '/';
  if (isEmpty) reading.at++;
  if (reading.text[reading.at] !== '>') throw unexpected(reading, `the start tag of ${name} has no end`);
  reading.at++;
  const children: XmlNode[] = [];
  const attributes = new Map([...spellings].map(([key, { value }]) => [key, value]));
  const tag = { attributes: spellings, end, isEmpty, closeEnd: '' };
  const node: XmlElement = { kind: 'element', name, attributes, children, offset, tag };
  into.push(node);
  if (!isEmpty) open.push({ node, children });
}

function readAttributes(reading: Reading, element: string): { spellings: Map<string, AttributeSpelling>; end: string } {
  const spellings = new Map<string, AttributeSpelling>();
  for (;;) {
    const before = take(reading, SPACE);
    const char = reading.text[reading.at];
    if (char === '>' || char === '/' || char === undefined) return { spellings, end: before };
    const start = reading.at;
    const name = readName(reading, `an attribute of ${element}`);
    if (before === '') throw wrong(reading, start, `there is no space before the attribute ${name} of ${element}`);
    if (spellings.has(name)) throw wrong(reading, start, `${element} has the attribute ${name} twice`);
    spellings.set(name, { before, ...readValue(reading, element, name) });
  }
}

function readValue(reading: Reading, element: string, name: string): Omit<AttributeSpelling, 'before'> {
  const { text } = reading;
  const equals = take(reading, EQUALS);
  if (equals === '') throw unexpected(reading, `the attribute ${name} of ${element} has no value`);
  const quote = text[reading.at];
  if (quote !== '"' && quote !== "'")
    throw unexpected(reading, `the value of the attribute ${name} of ${element} is not in quotes`);
  const start = reading.at + 1;
  const end = text.indexOf(quote, start);
  if (end < 0) throw wrong(reading, reading.at, `the quote before the value of ${name} of ${element} is never closed`);
  const raw = text.slice(start, end);
  const less = raw.indexOf('<');
  if (less >= 0) throw wrong(reading, start + less, `< stands in the value of ${name} of ${element}; write &lt;`);
  const value = decodeAttribute(raw);
  if (value instanceof ReferenceProblem) throw wrong(reading, start + value.at, value.text);
  reading.at = end + 1;
  return { equals, quote, raw, value };
}

function close(reading: Reading, open: Open[]): void {
  const offset = reading.at;
  reading.at += 2;
  const name = readName(reading, 'an end tag');
  const last = open.pop();
  if (last === undefined) throw wrong(reading, offset, `</${name}> ends nothing`);
  if (last.node.name !== name) throw wrong(reading, offset, `</${name}> does not end ${named(reading, last.node)}`);
  const closeEnd = take(reading, SPACE);
  if (reading.text[reading.at] !== '>') throw unexpected(reading, `the end tag of ${name} has no end`);
  reading.at++;
  last.node.tag!.closeEnd = closeEnd;
}

/** Comments, CDATA sections, instructions and the declaration. */
function readVerbatim(reading: Reading, open: Open[]): XmlNode {
  const { text, at } = reading;
  if (text.startsWith('<!--', at)) {
    const raw = readUntil(reading, { head: '<!--', tail: '-->', what: 'a comment' });
    const dashes = raw.slice(4, -3).search(/--|-$/);
    if (dashes >= 0) throw wrong(reading, at + 4 + dashes, 'two hyphens stand in a comment');
    return { kind: 'comment', raw };
  }
  if (text.startsWith('<![CDATA[', at)) {
    if (open.length === 0) throw wrong(reading, at, 'text stands outside of the element');
    return { kind: 'cdata', raw: readUntil(reading, { head: '<![CDATA[', tail: ']]>', what: 'a CDATA section' }) };
  }
  if (text.startsWith('<!DOCTYPE', at))
    throw wrong(reading, at, 'a document type (DTD) is not read; remove the DOCTYPE line, a cluster needs none');
  if (text.startsWith('<!', at)) throw wrong(reading, at, 'this is neither a comment nor a CDATA section');
  return readInstruction(reading);
}

function readInstruction(reading: Reading): XmlNode {
  const { text, at } = reading;
  const isFirst = at === 0 || (at === 1 && text.startsWith(BYTE_ORDER_MARK));
  const raw = readUntil(reading, { head: '<?', tail: '?>', what: 'an instruction' });
  if (DECLARATION.test(raw)) {
    if (!isFirst) throw wrong(reading, at, 'the XML declaration does not stand at the very beginning');
    return { kind: 'declaration', raw };
  }
  NAME.lastIndex = 2;
  const target = NAME.exec(raw)?.[0];
  if (target === undefined || /^xml$/i.test(target) || !/^(?:[\t\n\r ]|\?>)/.test(raw.slice(2 + target.length)))
    throw wrong(reading, at, 'an instruction without a proper name');
  return { kind: 'instruction', raw };
}

function readUntil(reading: Reading, { head, tail, what }: { head: string; tail: string; what: string }): string {
  const { text, at } = reading;
  const end = text.indexOf(tail, at + head.length);
  if (end < 0) throw wrong(reading, at, `${what} that is never closed`);
  reading.at = end + tail.length;
  return text.slice(at, reading.at);
}

function readName(reading: Reading, whose: string): string {
  const name = take(reading, NAME);
  if (name === '') throw unexpected(reading, `the name of ${whose} is missing`);
  return name;
}

function take(reading: Reading, pattern: RegExp): string {
  pattern.lastIndex = reading.at;
  const found = pattern.exec(reading.text)?.[0] ?? '';
  reading.at += found.length;
  return found;
}

function named(reading: Reading, node: XmlElement): string {
  const { line } = placeAt(reading.text, node.offset!, reading.file);
  return `<${node.name}>, which begins in line ${line}`;
}

/** Of a text that ends too early the end is what is wrong. */
function unexpected(reading: Reading, text: string): AppError {
  const isEnd = reading.at >= reading.text.length;
  return wrong(reading, reading.at, isEnd ? `the text ends here: ${text}` : text);
}

function wrong({ file, text }: Reading, offset: number, detail: string): AppError {
  const { line, column } = placeAt(text, offset, file);
  const hint = 'Correct the file at this place; xmllint --noout FILE checks it as well.';
  return new AppError('config', { detail: `${file}:${line}:${column}: ${detail}`, hint });
}

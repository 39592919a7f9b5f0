/** Reads powerman.conf and device specifications, and writes them back as they stood. */
import { POWERMAN_STRING_BYTES_MAX } from '../../base/cluster-limits.ts';
import type { PowermanEntry, PowermanFile, PowermanItem, Token } from './model.ts';
import { beginsEntry, ENTRY_NAMES, type Reader, readerOf } from './reader.ts';
import { tellUnknown } from './script.ts';
import { readSpecification } from './specification.ts';
import { textOf, tokensOf, unquoted } from './tokens.ts';

type Read = (reader: Reader) => PowermanEntry | undefined;

const ENTRIES: Readonly<Record<string, Read>> = {
  include: readInclude,
  listen: (reader) => withStrings(reader, { min: 1, max: 1 }, ([address]) => ({ kind: 'listen', address: address! })),
  tcpwrappers: readTcpWrappers,
  plug_log_level: (reader) =>
    withStrings(reader, { min: 1, max: 1 }, ([level]) => ({ kind: 'plug_log_level', level: level! })),
  device: (reader) =>
    withStrings(reader, { min: 3, max: 4 }, ([name, specification, address, flags]) => {
      return { kind: 'device', name: name!, specification: specification!, address: address!, flags };
    }),
  node: (reader) =>
    withStrings(reader, { min: 2, max: 3 }, ([nodes, device, plugs]) => {
      return { kind: 'node', nodes: nodes!, device: device!, plugs };
    }),
  alias: (reader) =>
    withStrings(reader, { min: 2, max: 2 }, ([name, hosts]) => ({ kind: 'alias', name: name!, hosts: hosts! })),
  specification: readSpecification,
};

/**
 * Any text; what is wrong is in `problems`, where powermand would stop at the first. Decode a file as Latin-1 if it shall
 * be written back byte for byte whatever is in it.
 */
export function parsePowerman(file: string, text: string): PowermanFile {
  const tokens = tokensOf(text);
  const reader = readerOf(file, tokens);
  const items: PowermanItem[] = [];
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    const item = readItem(reader, token);
    if (item !== undefined) items.push(item);
    else skipToEntry(reader, token);
  }
  for (const token of tokens) tellOfToken(reader, token);
  const problems = reader.problems.toSorted((one, other) => compare(one.place, other.place));
  return { file, tokens, items, problems };
}

export function formatPowerman(file: PowermanFile): string {
  return textOf(file.tokens);
}

function readItem(reader: Reader, token: Token): PowermanItem | undefined {
  const read = token.kind === 'word' && Object.hasOwn(ENTRIES, token.text) ? ENTRIES[token.text] : undefined;
  if (read === undefined) {
    if (token.kind !== 'wrong') tellUnknown(reader, { token, what: 'directive', known: ENTRY_NAMES });
    return undefined;
  }
  reader.next();
  const entry = read(reader);
  return entry && { ...reader.spanFrom(token), ...entry };
}

/** Goes on at the next word that begins an entry. */
function skipToEntry(reader: Reader, failed: Token): void {
  if (reader.peek() === failed) reader.next();
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    if (beginsEntry(token)) return;
    reader.next();
  }
}

function withStrings(
  reader: Reader,
  count: { min: number; max: number },
  make: (strings: string[]) => PowermanEntry,
): PowermanEntry | undefined {
  const strings: string[] = [];
  while (strings.length < count.max && (strings.length < count.min || reader.peek()?.kind === 'string')) {
    const token = reader.take('string', 'a string');
    if (token === undefined) return undefined;
    strings.push(unquoted(token.text));
  }
  return make(strings);
}

function readInclude(reader: Reader): PowermanEntry | undefined {
  const token = reader.take('path', 'the path of a file in quotes');
  if (token === undefined) return undefined;
  if (!/^"[^"]+"$/.test(token.text))
    reader.tell(
      token,
      'the path of an include does not stand in quotes',
      'write include "/path", without blanks in it',
    );
  return { kind: 'include', path: token.text.slice(1, -1) };
}

function readTcpWrappers(reader: Reader): PowermanEntry {
  const word = reader.peek();
  const isGiven = word?.kind === 'word' && (word.text === 'yes' || word.text === 'no');
  if (isGiven) reader.next();
  return { kind: 'tcpwrappers', isOn: !isGiven || word.text === 'yes' };
}

function tellOfToken(reader: Reader, token: Token): void {
  const { kind, text } = token;
  if (kind === 'string' && Buffer.byteLength(unquoted(text)) > POWERMAN_STRING_BYTES_MAX)
    reader.tell(token, 'this string is too long for powermand', `keep to ${POWERMAN_STRING_BYTES_MAX} bytes`);
  if (kind !== 'wrong') return;
  if (text.startsWith('"')) reader.tell(token, 'this string does not end in its line', 'end it with "');
  else if (text.startsWith('#'))
    reader.tell(token, 'powermand cannot read a comment that ends with the file', 'put a line ending behind it');
  else reader.tell(token, 'this is no word of PowerMan', 'take it out; words are written in small letters');
}

function compare(one: { line: number; column: number }, other: { line: number; column: number }): number {
  return one.line - other.line || one.column - other.column;
}

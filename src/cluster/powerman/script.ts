/** The scripts of a device specification (powerman.dev(5)). */

import { POWERMAN_DEPTH_MAX } from '../../base/cluster-limits.ts';
import { nearest } from '../../base/nearest.ts';
import type { BlockKind, Script, Statement, Token } from './model.ts';
import { beginsEntry, type Reader } from './reader.ts';
import { unquoted } from './tokens.ts';

const RANGED = ['on', 'off', 'cycle', 'reset', 'beacon_on', 'beacon_off'];
const ALL = ['status', 'status_temp', 'status_beacon', 'on', 'off', 'cycle', 'reset'];
/** Of powermand 2.3.27 and 2.4, which leave status_soft of the manual page out. */
export const SCRIPT_NAMES: readonly string[] = [
  ...['login', 'logout', 'ping', 'status', 'status_temp', 'status_beacon', ...RANGED],
  ...RANGED.map((name) => `${name}_ranged`),
  ...ALL.map((name) => `${name}_all`),
];

const BLOCKS: readonly string[] = ['foreachplug', 'foreachnode', 'ifon', 'ifoff'] satisfies BlockKind[];

type Read = (reader: Reader) => Statement | undefined;

const STATEMENTS: Readonly<Record<string, Read>> = {
  send: (reader) => withString(reader, (text) => ({ kind: 'send', text })),
  expect: (reader) => withString(reader, (pattern) => ({ kind: 'expect', pattern })),
  delay: readDelay,
  setplugstate: readSetPlugState,
  setresult: readSetResult,
};
const STATEMENT_NAMES = [...Object.keys(STATEMENTS), ...BLOCKS];

/** After the word `script`. Undefined when it was told what is wrong with it. */
export function readScript(reader: Reader): Script | undefined {
  const name = reader.take('word', 'the name of a script');
  if (name === undefined) return undefined;
  if (!SCRIPT_NAMES.includes(name.text)) tellUnknown(reader, { token: name, what: 'script', known: SCRIPT_NAMES });
  const statements = readBlock(reader, 1);
  return statements && { name: name.text, statements };
}

export function tellUnknown(reader: Reader, found: { token: Token; what: string; known: readonly string[] }): void {
  const { token, what, known } = found;
  const near = nearest(token.text, known);
  const remedy = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `use one of ${known.join(', ')}`;
  reader.tell(token, `${token.kind === 'word' ? `"${token.text}" is` : 'there is'} no ${what} of PowerMan`, remedy);
}

function readBlock(reader: Reader, depth: number): Statement[] | undefined {
  const open = reader.take('open', '{');
  if (open === undefined) return undefined;
  if (depth > POWERMAN_DEPTH_MAX) {
    reader.tell(open, `blocks stand ${depth} deep in each other`, `keep to ${POWERMAN_DEPTH_MAX}`);
    skipBlock(reader);
    return [];
  }
  const statements: Statement[] = [];
  const isEmpty = reader.peek()?.kind === 'close';
  for (let token = reader.peek(); token?.kind !== 'close'; token = reader.peek()) {
    if (token === undefined) {
      reader.tell(open, 'this { is never closed', 'close it with }');
      return undefined;
    }
    const statement = readStatement(reader, depth);
    if (statement !== undefined) statements.push(statement);
    else if (!skipToStatement(reader)) return undefined;
  }
  const close = reader.next();
  if (isEmpty) reader.tell(close, 'this block has no statement', 'take it out, or say what to do');
  return statements;
}

function readStatement(reader: Reader, depth: number): Statement | undefined {
  const token = reader.peek()!;
  if (token.kind !== 'word' || !STATEMENT_NAMES.includes(token.text)) {
    tellUnknown(reader, { token, what: 'statement', known: STATEMENT_NAMES });
    return undefined;
  }
  reader.next();
  if (!BLOCKS.includes(token.text)) return STATEMENTS[token.text]!(reader);
  const body = readBlock(reader, depth + 1);
  return body && { kind: token.text as BlockKind, body };
}

/** @returns false where the script cannot be read on */
function skipToStatement(reader: Reader): boolean {
  for (let depth = 0; ; ) {
    const token = reader.peek();
    if (token === undefined || beginsEntry(token) || (token.kind === 'word' && token.text === 'script')) return false;
    if (depth === 0 && (token.kind === 'close' || (token.kind === 'word' && STATEMENT_NAMES.includes(token.text))))
      return true;
    if (token.kind === 'open') depth++;
    if (token.kind === 'close') depth--;
    reader.next();
  }
}

function skipBlock(reader: Reader): void {
  for (let depth = 1; depth > 0; ) {
    const token = reader.next();
    if (token === undefined) return;
    if (token.kind === 'open') depth++;
    if (token.kind === 'close') depth--;
  }
}

function withString(reader: Reader, make: (text: string) => Statement): Statement | undefined {
  const token = reader.take('string', 'a string');
  return token && make(unquoted(token.text));
}

function readDelay(reader: Reader): Statement | undefined {
  const delayMs = reader.takeSeconds();
  return delayMs === undefined ? undefined : { kind: 'delay', delayMs };
}

function readSetPlugState(reader: Reader): Statement | undefined {
  const isNamed = reader.peek()?.kind === 'string';
  const plug = isNamed ? unquoted(reader.next()!.text) : readMatch(reader);
  if (plug === undefined) return undefined;
  const hasSecond = isNamed || reader.peek()?.kind === 'dollar';
  const state = hasSecond ? readMatch(reader) : (plug as number);
  if (state === undefined) return undefined;
  const states: { state: 'on' | 'off'; pattern: string }[] = [];
  for (let word = reader.peek()?.text; word === 'on' || word === 'off'; word = reader.peek()?.text) {
    const pattern = readPattern(reader);
    if (pattern === undefined) return undefined;
    states.push({ state: word, pattern });
  }
  return { kind: 'setplugstate', plug: hasSecond ? plug : undefined, state, states };
}

function readSetResult(reader: Reader): Statement | undefined {
  const plug = readMatch(reader);
  const result = plug === undefined ? undefined : readMatch(reader);
  if (plug === undefined || result === undefined) return undefined;
  const success: string[] = [];
  while (success.length === 0 || reader.peek()?.text === 'success') {
    if (reader.peek()?.text !== 'success') return void reader.take('equals', 'success="PATTERN"');
    const pattern = readPattern(reader);
    if (pattern === undefined) return undefined;
    success.push(pattern);
  }
  return { kind: 'setresult', plug, result, success };
}

/** `$1`: what a parenthesis of the last `expect` matched. */
function readMatch(reader: Reader): number | undefined {
  if (reader.take('dollar', 'a match such as $1') === undefined) return undefined;
  const token = reader.take('number', 'the number of a match');
  return token && Math.trunc(Number(token.text));
}

/** `on="PATTERN"`. */
function readPattern(reader: Reader): string | undefined {
  reader.next();
  if (reader.take('equals', '=') === undefined) return undefined;
  const token = reader.take('string', 'a pattern in quotes');
  return token && unquoted(token.text);
}

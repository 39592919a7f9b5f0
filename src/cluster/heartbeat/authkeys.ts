/**
 * `authkeys` read as Heartbeat's own parser does. The texts of the keys stay in a private map: they are in no field, so
 * that neither JSON nor an inspection nor an error can show them.
 */
import type { Place, SyntaxProblem } from '../place.ts';
import { linesOf, wordsOf } from './lines.ts';
import type { Authkeys, HaKey } from './model.ts';

interface Secret {
  text: string;
  keys: ReadonlyMap<number, string>;
}

const SECRETS = new WeakMap<Authkeys, Secret>();

const METHODS: Readonly<Record<string, { needsKey: boolean }>> = {
  crc: { needsKey: false },
  md5: { needsKey: true },
  sha1: { needsKey: true },
};
/** authkeys(5) allows 1 to 15; Heartbeat takes 0 as well. */
const NUMBER_MAX = 15;

/** Never throws: what cannot be understood is in `problems`, which repeat nothing of the file but numbers and methods. */
export function parseAuthkeys(text: string, file = 'authkeys'): Authkeys {
  const reading: Reading = { file, active: undefined, keys: new Map(), texts: new Map(), problems: [] };
  for (const [at, line] of linesOf(text).entries()) readLine(reading, line, at + 1);
  const { active, problems } = reading;
  const keys = [...reading.keys.values()];
  problems.push(...activeProblem(reading));
  const authkeys = { file, active: active?.id, keys, problems };
  SECRETS.set(authkeys, { text, keys: reading.texts });
  return authkeys;
}

/** The text it was parsed from, keys included: for a file with mode 0600 and nothing else. */
export function formatAuthkeys(authkeys: Authkeys): string {
  return SECRETS.get(authkeys)?.text ?? '';
}

/** The text of key `id`, for making another file of it; undefined where there is none, as for `crc`. */
export function keyTextOf(authkeys: Authkeys, id: number): string | undefined {
  return SECRETS.get(authkeys)?.keys.get(id);
}

/**
 * With key `id` written as `method` and `key`, and made the active one. Other keys and comments stay, so that a change of
 * the key can be rolled out node by node.
 */
export function setKey(
  authkeys: Authkeys,
  { id, method, key }: { id: number; method: string; key?: string },
): Authkeys {
  const line = `${[id, method, ...(key === undefined ? [] : [key])].join(' ')}\n`;
  const kept = linesOf(formatAuthkeys(authkeys)).map((text) => (text.endsWith('\n') ? text : `${text}\n`));
  const isAuth = (text: string): boolean => /^[ \t\r\f]*a/.test(text);
  const isKey = (text: string): boolean => new RegExp(`^[ \\t\\r\\f]*\\+?0*${id}(?!\\d)`).test(text);
  const lines = kept.filter((text) => !isAuth(text) && !isKey(text));
  // The active number stands before its key: Heartbeat takes none that came earlier.
  const first = lines.findIndex((text) => /^[ \t\r\f]*[^ \t\r\f\n#]/.test(text));
  const at = first < 0 ? lines.length : first;
  const texts = [...lines.slice(0, at), `auth ${id}\n`, line, ...lines.slice(at)];
  return parseAuthkeys(texts.join(''), authkeys.file);
}

interface Reading {
  readonly file: string;
  active: { id: number; place: Place; isFound: boolean } | undefined;
  readonly keys: Map<number, HaKey>;
  readonly texts: Map<number, string>;
  readonly problems: SyntaxProblem[];
}

function readLine(reading: Reading, line: string, number: number): void {
  const [first] = wordsOf(line);
  if (first === undefined || first.text.startsWith('#')) return;
  const place = { file: reading.file, line: number, column: first.at + 1 };
  // Any line that begins with an a is taken for this one.
  if (first.text.startsWith('a')) readActive(reading, line, place);
  else readKey(reading, line, place);
}

function readActive(reading: Reading, line: string, place: Place): void {
  const match = /^\s*auth\s*([-+]?\d+)/.exec(line);
  if (match === null) {
    reading.problems.push({ place, text: 'this line is not understood', remedy: 'Write: auth NUMBER' });
    return;
  }
  if (reading.active !== undefined) {
    const text = 'auth is given again; the last one counts';
    reading.problems.push({ place, text, remedy: 'Leave one auth line, before the keys.' });
  }
  reading.active = { id: Number(match[1]), place, isFound: false };
}

function readKey(reading: Reading, line: string, place: Place): void {
  const match = /^\s*([-+]?\d+)\s*(\S+)(?:\s+(\S+)(?:\s+(\S))?)?/.exec(line);
  const report = (text: string, remedy: string): void => void reading.problems.push({ place, text, remedy });
  if (match === null) {
    report('this line is not understood', 'Write: NUMBER METHOD KEY');
    return;
  }
  const [, digits, method, key, more] = match as unknown as [string, string, string, string?, string?];
  const id = Number(digits);
  const known = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  const isNumber = id >= 0 && id <= NUMBER_MAX;
  // What is no known method may be a key whose method was forgotten.
  // A long one may be a key in the wrong place.
  const called = digits.length > 3 ? 'the number' : `the number ${id}`;
  if (!isNumber) report(`${called} is not from 1 to ${NUMBER_MAX}`, 'Give it a number from 1 to 15.');
  else if (known === undefined) report(`the method of key ${id} is not known`, 'Write crc, md5 or sha1; sha1 is best.');
  else if (known.needsKey && key === undefined) report(`${method} needs a key`, `Write: ${id} ${method} KEY`);
  else if (!known.needsKey && key !== undefined) report(`${method} takes no key`, `Write: ${id} ${method}`);
  else if (reading.keys.has(id)) report(`number ${id} is given again; the last one counts`, 'Leave one of them.');
  else if (more !== undefined) report(`only the first word of key ${id} counts`, 'Write a key without blanks.');
  if (!isNumber) return;
  const isTaken = known !== undefined && known.needsKey === (key !== undefined);
  if (reading.active?.id === id && isTaken) reading.active.isFound = true;
  reading.keys.set(id, { id, method: known === undefined ? '' : method, hasKey: key !== undefined, place });
  if (key === undefined) reading.texts.delete(id);
  else reading.texts.set(id, key);
}

function activeProblem({ file, active, keys }: Reading): SyntaxProblem[] {
  const start = { file, line: 1, column: 1 };
  if (active === undefined) return [{ place: start, text: 'no auth line', remedy: 'Write before the keys: auth 1' }];
  if (active.isFound) return [];
  const { id, place } = active;
  const isBefore = keys.has(id) && keys.get(id)!.place.line < place.line;
  const text = isBefore ? `auth ${id} stands after its key, which is then not found` : `there is no usable key ${id}`;
  return [{ place, text, remedy: isBefore ? 'Put the auth line first.' : `Add a line: ${id} sha1 KEY` }];
}

/**
 * Option files of MySQL and MariaDB ("Using Option Files" of both manuals): groups, `!include`, `!includedir`, values in
 * quotes. Only the options that were asked for are kept: others hold passwords.
 */
import { type Include, type Line, readWithIncludes } from './includes.ts';
import { namesIn } from './inquiry.ts';
import type { Inquiry, SeenFile } from './model.ts';

export interface Option {
  group: string;
  /** With dashes, and without `loose-`. */
  name: string;
  value: string;
  from: string;
}

export interface OptionFiles {
  /** In the order in which they are read: of two the later one counts. */
  options: readonly Option[];
  /** All files that were read, the first one included. */
  files: readonly SeenFile[];
}

/** @param names of options that are kept, with dashes */
export async function readOptionFiles(
  inquiry: Inquiry,
  first: SeenFile,
  names: ReadonlySet<string>,
): Promise<OptionFiles> {
  const { lines, files } = await readWithIncludes(inquiry, first, (line) => includeOf(inquiry, line));
  const { doubts } = inquiry;
  const options: Option[] = [];
  /** Each file begins in no group, and goes on in its own after an include. */
  const groups = new Map<number, string>();
  for (const { text, from, opened } of lines) {
    if (/^[#;]/.test(text)) continue;
    const group = /^\[\s*([^\]]+?)\s*\]/.exec(text)?.[1];
    if (group !== undefined) groups.set(opened, group);
    else if (/^[![]/.test(text)) doubts.push(`${from} is neither a group nor an include`);
    else if (!groups.has(opened)) doubts.push(`${from} stands in no group`);
    else {
      const option = { group: groups.get(opened)!, ...optionOf(text), from };
      const meant = abbreviated(option.name, names);
      if (names.has(option.name)) options.push(option);
      else if (meant !== undefined) doubts.push(`${from} may be meant for ${meant}`);
    }
  }
  return { options, files };
}

/** One that is not there is passed over by the server as well. */
async function includeOf(inquiry: Inquiry, { text }: Line): Promise<Include | undefined> {
  const [, kind, path = ''] = /^!(includedir|include)\s+(\S.*)$/.exec(text) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'include') return { paths: [path], isNeeded: false };
  const folder = path.replace(/\/+$/, '');
  const names = (await namesIn(inquiry, folder)).filter((name) => name.endsWith('.cnf'));
  return { paths: names.map((name) => `${folder}/${name}`), isNeeded: false };
}

function optionOf(line: string): { name: string; value: string } {
  const text = withoutComment(line);
  const at = text.indexOf('=');
  const key = (at < 0 ? text : text.slice(0, at)).trim();
  const name = key.replaceAll('_', '-').replace(/^loose-/, '');
  return { name, value: at < 0 ? '' : unquoted(text.slice(at + 1).trim()) };
}

/** A hash begins a comment wherever it is in no quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const each = line[at]!;
    if (quote === '' && each === '#') return line.slice(0, at);
    if (quote !== '' && each === '\\') at++;
    else if (quote === '' && (each === '"' || each === "'")) quote = each;
    else if (each === quote) quote = '';
  }
  return line;
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r', s: ' ', '\\': '\\' };

function unquoted(text: string): string {
  const inner = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return inner.replace(/\\([btnrs\\])/g, (_, letter: string) => ESCAPED[letter]!);
}

/** Servers take any beginning of a name that is unambiguous; a name with other dashes is a mistake for one that decides. */
function abbreviated(name: string, names: ReadonlySet<string>): string | undefined {
  const letters = name.replaceAll('-', '');
  return [...names].find(
    (whole) => (name.length >= 4 && whole.startsWith(name)) || whole.replaceAll('-', '') === letters,
  );
}

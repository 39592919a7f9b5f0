/** postgresql.conf with what it includes ("Setting Parameters" of PostgreSQL's manual). Only what decides is kept. */
import { type Include, type Line, readWithIncludes } from './includes.ts';
import { namesIn } from './inquiry.ts';
import type { Inquiry, SeenFile, Sourced } from './model.ts';

const KEPT = new Set(['data_directory', 'hba_file', 'port', 'unix_socket_directories', 'unix_socket_directory']);

export async function readPgsqlFiles(inquiry: Inquiry, first: SeenFile): Promise<Map<string, Sourced>> {
  const { lines } = await readWithIncludes(inquiry, first, (line, file) => includeOf(inquiry, line, file));
  const found = new Map<string, Sourced>();
  for (const { text, from } of lines) {
    const { name = '', value = '' } = settingOf(text) ?? {};
    if (KEPT.has(name)) found.set(name, { value, from });
  }
  return found;
}

/** Paths are those beside the file that includes. */
async function includeOf(inquiry: Inquiry, { text }: Line, file: SeenFile): Promise<Include | undefined> {
  const { name = '', value = '' } = settingOf(text) ?? {};
  const path = value.startsWith('/') ? value : `${file.path.slice(0, file.path.lastIndexOf('/'))}/${value}`;
  if (name === 'include' || name === 'include_if_exists') return { paths: [path], isNeeded: name === 'include' };
  if (name !== 'include_dir') return undefined;
  const names = (await namesIn(inquiry, path)).filter((each) => /^[^.].*\.conf$/.test(each));
  return { paths: names.map((each) => `${path}/${each}`), isNeeded: false };
}

/** `name = value`, `name value`, `name = 'it''s'`; names in any case. */
function settingOf(line: string): { name: string; value: string } | undefined {
  const parts = /^\s*([A-Za-z_][\w.]*)(?:\s*=\s*|\s+)(?:'((?:[^'\\]|''|\\.)*)'|([^\s#']+))?/.exec(line);
  if (parts === null) return undefined;
  const [, name = '', quoted, plain = ''] = parts;
  return { name: name.toLowerCase(), value: quoted?.replace(/''|\\'/g, "'") ?? plain };
}

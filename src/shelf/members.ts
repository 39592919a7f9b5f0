/** What GNU tar lists of an archive. */
import { AppError } from '../base/errors.ts';
import { SHELF_MEMBERS_MAX } from '../base/limits.ts';
import { compressionOf, failureOf, type PackWorld } from './pack.ts';

export interface Member {
  /** As in `ls -l`: `-` file, `d` folder, `l` symbolic link, `h` hard link, … */
  type: string;
  /** As it stands in the archive, one character per byte (latin1), as names need not be UTF-8. */
  name: string;
  /** Where a link points. */
  link: string | undefined;
  bytes: number;
}

/** Type and mode, owner/group, size or device, date, time, name; numeric owners have no spaces. */
const LINE = /^(\S)\S* \d+\/\d+ +([\d,]+) \d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? (.*)$/s;
const NOT_FOUND = /Not found in archive/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };

/**
 * @param patterns of tar(1) with wildcards, where `*` also passes slashes; all members when there are none
 * @returns none when nothing fits
 * @throws {AppError} `command-failed` when tar cannot read it; `refused` when there are too many
 */
export async function listMembers(
  { file, content, patterns }: { file: string; content: AsyncIterable<Uint8Array>; patterns: readonly string[] },
  { processes, signal }: PackWorld,
): Promise<Member[]> {
  const how = ['--list', '--verbose', '--numeric-owner', '--quoting-style=escape', '--quote-chars= ', '--file=-'];
  const args = [...how, ...(compressionOf(file) ?? []), '--wildcards', '--', ...patterns];
  const { output, ended } = processes.stream('tar', args, { input: content, signal, env: { LC_ALL: 'C' } });
  const members: Member[] = [];
  for await (const line of linesOf(output)) {
    members.push(readMember(line));
    if (members.length > SHELF_MEMBERS_MAX)
      throw new AppError('refused', {
        detail: `${file} has more than ${SHELF_MEMBERS_MAX} members`,
        hint: 'Choose some with --member, or unpack it with tar.',
      });
  }
  const { exitCode, errorText } = await ended;
  if (exitCode === 0) return members;
  if (members.length === 0 && patterns.length > 0 && NOT_FOUND.test(errorText)) return [];
  throw failureOf('tar', exitCode, errorText);
}

/**
 * Why a member must not be unpacked, or undefined: it would be, or point, outside the folder it is unpacked into.
 * Names that do are a sign of a hostile archive; links that do are common in backups of whole systems.
 */
export function escapes({ type, name, link }: Member): 'name' | 'link' | undefined {
  if (name.startsWith('/') || depthOf(name) === undefined) return 'name';
  if (link === undefined) return undefined;
  if (link.startsWith('/')) return 'link';
  const folder = type === 'l' && name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '';
  return depthOf(type === 'l' ? `${folder}/${link}` : link) === undefined ? 'link' : undefined;
}

/** How deep a path ends; undefined when it goes above its start on the way. */
function depthOf(path: string): number | undefined {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return undefined;
  }
  return depth;
}

/** @throws {AppError} `command-failed` for what no GNU tar writes */
function readMember(line: string): Member {
  const match = LINE.exec(line);
  if (match === null)
    throw new AppError('command-failed', { detail: `tar listed what is not understood: ${line.slice(0, 200)}` });
  const [, type, size, rest] = match as unknown as [string, string, string, string];
  const parts = type === 'l' ? rest.split(' -> ') : type === 'h' ? rest.split(' link to ') : [rest];
  const bytes = size.includes(',') ? 0 : Number(size);
  return {
    type,
    name: unescapeName(parts[0]!),
    link: parts[1] === undefined ? undefined : unescapeName(parts[1]),
    bytes,
  };
}

/** The escape style of GNU tar in the C locale: backslash, letters as in C, and octal for all that is not ASCII. */
function unescapeName(text: string): string {
  return text.replace(/\\(?:([0-7]{3})|(.))/gs, (_, octal: string | undefined, char: string) =>
    octal === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder('latin1');
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Reading a system's files one by one: what cannot be read, or is not there though it decides, becomes a doubt. */
import type { Inquiry, SeenFile, Sourced } from './model.ts';

export async function readNeeded(inquiry: Inquiry, path: string): Promise<SeenFile | undefined> {
  const file = await readIfThere(inquiry, path);
  if (file === undefined && !inquiry.doubts.some((doubt) => doubt.startsWith(`${path}: `)))
    inquiry.doubts.push(`${path} is not there`);
  return file;
}

export async function readIfThere({ files, doubts }: Inquiry, path: string): Promise<SeenFile | undefined> {
  const sight = await files.read(path);
  if (sight.kind === 'read') return sight.file;
  if (sight.kind === 'unreadable') doubts.push(`${path}: ${sight.why}`);
  return undefined;
}

/** Names in a folder, sorted as the C locale does; none where it is not there. */
export async function namesIn({ files, doubts }: Inquiry, folder: string): Promise<string[]> {
  const sight = await files.list(folder);
  if (sight.kind === 'unreadable') doubts.push(`${folder}: ${sight.why}`);
  return sight.kind === 'read' ? sight.names.toSorted(byCharacters) : [];
}

/** The first of these programs that is there. @param what it is called in a doubt */
export async function programOf(
  { files, doubts }: Inquiry,
  paths: readonly string[],
  what: string,
): Promise<Sourced | undefined> {
  for (const path of paths) if (await files.isThere(path)) return { value: path, from: 'it is there' };
  doubts.push(`there is no ${paths.join(' or ')}, ${what}`);
  return undefined;
}

/** Unless it is certain that it is not. */
export async function mayBeThere({ files }: Inquiry, path: string): Promise<boolean> {
  return (await files.read(path)).kind !== 'absent';
}

/** The script itself; it is what the agent takes the place of. */
export async function readScript(inquiry: Inquiry, script: string): Promise<SeenFile | undefined> {
  for (const path of [`/etc/init.d/${script}`, `/etc/rc.d/init.d/${script}`]) {
    const file = await readIfThere(inquiry, path);
    if (file !== undefined) return file;
  }
  inquiry.doubts.push(`there is no /etc/init.d/${script}, so that nothing tells what it starts`);
  return undefined;
}

/** Lines of a file that are neither empty nor comments of the shell, with their places. */
export function linesOf({ path, text }: SeenFile): { text: string; from: string }[] {
  return text
    .split('\n')
    .map((line, at) => ({ text: line.trim(), from: `${path}:${at + 1}` }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'));
}

/** A value that the script itself sets: `PGDATA=/var/lib/pgsql/data`, not one that it computes. */
export function literalOf(script: SeenFile, name: string): Sourced | undefined {
  const pattern = new RegExp(`^(?:export\\s+)?${name}=(["']?)([^\\s"'$\`;]+)\\1(?:\\s|;|$)`);
  for (const { text, from } of linesOf(script)) {
    const value = pattern.exec(text)?.[2];
    if (value !== undefined) return { value, from };
  }
  return undefined;
}

interface Environment {
  /** Names that are given back. */
  take?: readonly string[];
  /** Names that change nothing of what is run. */
  harmless?: RegExp;
}

/**
 * Settings that scripts of init.d read before they start anything: those of their own name, and those that they mention.
 * A variable that is neither taken nor harmless is a doubt, as the agent does not know it. Values are not told.
 */
export async function readEnvironment(
  inquiry: Inquiry,
  script: SeenFile,
  { take = [], harmless = /^$/ }: Environment,
): Promise<ReadonlyMap<string, Sourced>> {
  const found = new Map<string, Sourced>();
  for (const path of environmentPaths(script)) {
    const file = await readIfThere(inquiry, path);
    for (const { name, value, from } of file === undefined ? [] : settingsIn(inquiry, file)) {
      const isTaken = take.includes(name) && value !== undefined;
      if (isTaken && value !== '') found.set(name, { value, from });
      else if (isTaken) found.delete(name);
      else if (value !== '' && !harmless.test(name))
        inquiry.doubts.push(`${from} sets ${name}, which the agent does not take over`);
    }
  }
  return found;
}

/** Assignments of the shell; a value is undefined where the shell computes it. */
function settingsIn({ doubts }: Inquiry, file: SeenFile): { name: string; value: string | undefined; from: string }[] {
  return linesOf(file).flatMap(({ text, from }) => {
    const [, name, raw = ''] = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(text) ?? [];
    if (name !== undefined) return [{ name, value: shellValue(raw), from }];
    if (!isExport(text)) doubts.push(`${from} is more than a setting`);
    return [];
  });
}

function isExport(text: string): boolean {
  return /^export(?:\s+[A-Za-z_]\w*)+$/.test(text);
}

function environmentPaths(script: SeenFile): string[] {
  const own = script.path.slice(script.path.lastIndexOf('/') + 1);
  const mentioned = script.text.match(/\/etc\/(?:default|sysconfig)\/[\w./-]*\w/g) ?? [];
  const all = [...mentioned, `/etc/default/${own}`, `/etc/sysconfig/${own}`];
  return [...new Set(all)].filter((path) => !/^\/etc\/sysconfig\/network|^\/etc\/default\/(?:rcS|locale)$/.test(path));
}

/** Undefined where the shell computes it. */
function shellValue(raw: string): string | undefined {
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(raw);
  if (single !== null) return single[1]!;
  const plain = /^(?:"([^"$`\\]*)"|([^\s"'$`\\;&|<>()]*))\s*(?:#.*)?$/.exec(raw);
  return plain === null ? undefined : (plain[1] ?? plain[2] ?? '').trim();
}

/** Agents hand their parameters to the shell unquoted: what it would take apart, or make something else of, cannot be given. */
export function isPlain(value: string): boolean {
  return /^[\w./:@%+,=-]+$/.test(value);
}

/** A number that a user or group has in `/etc/passwd` or `/etc/group`. */
export async function accountOf(inquiry: Inquiry, user: string): Promise<{ uid: number; gid: number } | undefined> {
  const file = await readNeeded(inquiry, '/etc/passwd');
  const words = linesOf(file ?? NO_FILE).map(({ text }) => text.split(':'));
  const [, , uid, gid] = words.find(([name]) => name === user) ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  if (file !== undefined) inquiry.doubts.push(`/etc/passwd has no user ${user}`);
  return undefined;
}

export async function groupNameOf(inquiry: Inquiry, gid: number): Promise<string | undefined> {
  const file = await readNeeded(inquiry, '/etc/group');
  const words = linesOf(file ?? NO_FILE).map(({ text }) => text.split(':'));
  const name = words.find(([, , number]) => number === `${gid}`)?.[0];
  if (name === undefined && file !== undefined) inquiry.doubts.push(`/etc/group has no group ${gid}`);
  return name;
}

const NO_FILE: SeenFile = { path: '', text: '', mode: 0, uid: 0, gid: 0 };

function byCharacters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

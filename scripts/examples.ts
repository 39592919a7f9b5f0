/**
 * Worked examples in Markdown, run as they stand. In a page every block marked `console` is one: lines that begin with
 * `$ ` are commands, those below each are what it prints. A command that shall not end with 0 says so in a comment,
 * `# exit code 3`. What a page needs beforehand is a shell script in a comment, `<!-- before … -->`.
 *
 * Each page runs in one shell in a directory of its own, which is `/` to the reader for all below /srv, /mnt and
 * /home/alice; the last is also HOME.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Command {
  /** As it stands in the page, with its continuation lines. */
  text: string;
  /** What the page says that it prints, with a line break at the end of each line. */
  output: string;
  exitCode: number;
  /** Of the page, from 1. */
  line: number;
}

export interface Ran {
  output: string;
  exitCode: number;
}

const BIN = fileURLToPath(new URL('../bin/holdfast', import.meta.url));
/** A test file has five minutes. */
const TIMEOUT_MS = 4.5 * 60_000;
const OUTPUT_BYTES_MAX = 1 << 20;
const PROMPT = '$ ';
/** The machine of the examples; four letters, as wide as the heading above it. */
const HOST = 'head';
const INSIDE = /(?<![\w./-])\/(?=(?:srv|mnt|home\/alice)\b)/g;
const BLOCK = /^```console\n([\s\S]*?)^```$/gm;

/** Every command of a page in order. */
export function commandsOf(page: string): Command[] {
  return [...page.matchAll(BLOCK)].flatMap((block) => {
    const first = page.slice(0, block.index).split('\n').length + 1;
    return commandsIn(block[1]!, first);
  });
}

/** The page with `outputs`, one for each command, in place of what it says now. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let next = 0;
  return page.replace(BLOCK, (_block, body: string) => {
    const commands = commandsIn(body, 0);
    return `\`\`\`console\n${commands.map(({ text }) => `${PROMPT}${text}\n${outputs[next++]!}`).join('')}\`\`\``;
  });
}

/** Runs all commands of a page in turn, whatever each of them ends with. */
export async function runPage(page: string): Promise<Ran[]> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  try {
    for (const folder of ['srv', 'mnt', 'home/alice', 'bin', 'cache'])
      mkdirSync(join(root, folder), { recursive: true });
    symlinkSync(BIN, join(root, 'bin/holdfast'));
    const commands = commandsOf(page);
    writeFileSync(join(root, 'script'), scriptOf(page, commands, root));
    await promisify(execFile)('bash', [join(root, 'script')], {
      cwd: join(root, 'home/alice'),
      env: environment(root),
      timeout: TIMEOUT_MS,
    });
    return commands.map((_command, index) => ({
      output: readable(readFileSync(join(root, `output-${index}`), 'utf8').slice(0, OUTPUT_BYTES_MAX), root),
      exitCode: Number(readFileSync(join(root, `code-${index}`), 'utf8')),
    }));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * What must be the same on every run: without ids, times, amounts of bytes, the width of columns, and numbers of blobs
 * and directories, which depend on how deep the directory of the run lies, and packs, which depend on the cores.
 */
export function comparable(output: string): string {
  return output
    .replace(/^(?:Packs to (?:remove|rewrite)| {2}of which stays) .*\n/gm, '')
    .replace(/\b[0-9a-f]{8,64}\b/g, 'ID')
    .replace(/\/\d{4}\/\d\d\/\d\d\/\d{6}\b/g, '/DAY')
    .replace(/\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?Z?)?)?/g, 'TIME')
    .replace(/\b\d+(?:\.\d+)? (?:[KMGT]i)?B(?:\/s)?/g, 'BYTES')
    .replace(/\b\d+(?:\.\d+)? m?s\b/g, 'SECONDS')
    .replace(/\bSECONDS ago\b|\bjust now\b/g, 'AGO')
    .replace(/\b\d+ (?:trees|blobs|packs|directories)\b|(?<=^(?:Used|Unused) blobs +)\d+/gm, 'COUNT')
    .replace(/[─-]{3,}/g, '---')
    .replace(/[ \t]+/g, ' ')
    .replace(/ $/gm, '')
    .trim();
}

function commandsIn(body: string, firstLine: number): Command[] {
  const commands: Command[] = [];
  let isContinued = false;
  for (const [index, line] of body.split('\n').slice(0, -1).entries()) {
    const last = commands.at(-1);
    if (isContinued) last!.text += `\n${line}`;
    else if (line.startsWith(PROMPT))
      commands.push({ text: line.slice(PROMPT.length), output: '', exitCode: 0, line: firstLine + index });
    else if (last === undefined) throw new Error(`line ${firstLine + index}: an example begins with "${PROMPT}"`);
    else last.output += `${line}\n`;
    isContinued = line.endsWith('\\') && (isContinued || line.startsWith(PROMPT));
  }
  for (const command of commands) command.exitCode = Number(/# exit code (\d+)/.exec(command.text)?.[1] ?? 0);
  return commands;
}

/** In one shell, so that `cd` and `export` last. */
function scriptOf(page: string, commands: readonly Command[], root: string): string {
  const inside = (text: string): string => text.replace(INSIDE, `${root}/`);
  const before = [...page.matchAll(/^<!-- before\n([\s\S]*?)^-->$/gm)].map((match) => match[1]!);
  const steps = commands.map(({ text }, index) => {
    return `{ ${inside(text)}\n} >${root}/output-${index} 2>&1 </dev/null\necho $? >${root}/code-${index}\n`;
  });
  return `set -e\n${inside(before.join(''))}\nset +e\n${steps.join('')}exit 0\n`;
}

function environment(root: string): NodeJS.ProcessEnv {
  return {
    PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
    HOME: join(root, 'home/alice'),
    XDG_CACHE_HOME: join(root, 'cache'),
    TMPDIR: tmpdir(),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
}

/** As it looks on the machine of the reader. */
function readable(output: string, root: string): string {
  const host = new RegExp(`\\b${RegExp.escape(hostname())}\\b`, 'g');
  // With what stands beside it in a column, and the space behind.
  const cell = new RegExp(`${host.source}((?:(?! {2}).)*)( *)`, 'g');
  const lines = narrowed(output.split('\n'), root).filter((line) => !isAbove(line, root));
  const text = lines
    .join('\n')
    .replaceAll(root, '')
    .replaceAll(`${root.slice(1)}/`, '')
    .replace(cell, (found, beside: string, spaces: string) => {
      const named = HOST + beside.replace(host, HOST);
      return spaces.length < 2 ? named + spaces : named.padEnd(found.length);
    });
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** A listing of a snapshot begins with the directories that lead here. */
function isAbove(line: string, root: string): boolean {
  return line.startsWith('/') && (line === root || root.startsWith(`${line}/`));
}

/** Tables as wide as they are once the root is gone from their paths. */
function narrowed(lines: readonly string[], root: string): string[] {
  const out = [...lines];
  for (const [rule, line] of lines.entries()) {
    if (rule === 0 || !/^-{3,}$/.test(line)) continue;
    const length = lines.slice(rule + 1).findIndex((row) => !row.includes('  '));
    const end = length < 0 ? lines.length : rule + 1 + length;
    if (!lines.slice(rule, end).some((row) => row.includes(root))) continue;
    const gap = new RegExp(` {${root.length}}(?= )`);
    for (let at = rule - 1; at < end; at++) if (!out[at]!.includes(root)) out[at] = out[at]!.replace(gap, '');
    const widths = out.slice(rule + 1, end).map((row) => row.replaceAll(root, '').length);
    out[rule] = '-'.repeat(Math.max(...widths, out[rule - 1]!.length));
  }
  return out;
}

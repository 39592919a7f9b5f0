/**
 * Brings the documents up to date with the program: `node scripts/tour.ts [PAGE…]` runs the worked examples of README.md
 * and docs/ and writes what they print into them, and takes the measured ratios over from bench/results.md.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsOf, runPage, withOutputs } from './examples.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RESULTS = join(ROOT, 'bench/results.md');
const BENCH_BLOCK = /(?<=^<!-- bench -->\n)[\s\S]*?(?=^<!-- \/bench -->$)/m;

/** Pages with worked examples, relative to the checkout, sorted. */
export function pagesWithExamples(): string[] {
  const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  return pages.filter((page) => commandsOf(pageText(page)).length > 0).sort();
}

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The page with its block of ratios as bench/results.md has them; unchanged when either has none. */
export function withRatios(text: string): string {
  const rows = existsSync(RESULTS) ? measuredRows(readFileSync(RESULTS, 'utf8')) : [];
  return rows.length === 0 ? text : text.replace(BENCH_BLOCK, () => `\n${tableOf([RATIO_HEAD, ...rows])}\n`);
}

const RATIO_HEAD = ['data', 'work', 'restic ÷ ours', 'borg ÷ ours', 'memory ours / restic / borg'];

/** A row for each that was measured: the sections of the cases have a table with a column for each peer. */
function measuredRows(results: string): string[][] {
  return results.split(/^## /m).flatMap((section) => {
    const [data] = section.split('\n', 1);
    const [head, , ...rows] = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map(cellsOf);
    if (head?.[1] !== RATIO_HEAD[2]) return [];
    return rows.map((cells) => [data!, cells[0]!, cells[1]!, cells[2]!, cells.at(-1)!]);
  });
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

/** Columns of even width, as the formatter has them. */
function tableOf([head, ...rows]: string[][]): string {
  const widths = head!.map((_, column) => Math.max(...[head!, ...rows].map((row) => row[column]!.length)));
  const lineOf = (row: string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [head!, rule, ...rows].map((row) => `${lineOf(row)}\n`).join('');
}

/** Leaves a page alone in which a command does not end as it says. */
async function rewrite(page: string): Promise<void> {
  const text = pageText(page);
  const ran = await runPage(text);
  let failed = 0;
  for (const [index, { text: command, exitCode, line }] of commandsOf(text).entries()) {
    const { exitCode: code, output } = ran[index]!;
    if (code === exitCode) continue;
    process.stderr.write(`${page}:${line}: exit code ${code}, not ${exitCode}: ${command}\n${output}`);
    process.exitCode = 1;
    failed++;
  }
  if (failed > 0) return;
  const outputs = ran.map(({ output }) => output);
  writeFileSync(join(ROOT, page), withRatios(withOutputs(text, outputs)));
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  for (const page of asked.length > 0 ? asked : pagesWithExamples()) await rewrite(page);
}

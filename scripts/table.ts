/** Tables in Markdown. */

/** Columns of even width, as the formatter has them; `|` in cells is escaped. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return `${[all[0]!, rule, ...all.slice(1)].map(lineOf).join('\n')}\n`;
}

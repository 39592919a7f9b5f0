/** Lays out a table as lines of text. */
import { fit, pad, widthOf } from './text.ts';

export interface Column {
  title: string;
  /** Numbers stand right. */
  align?: 'left' | 'right';
  /** May be cut when the terminal is too narrow; says which part of the text is worth keeping. */
  flexible?: 'start' | 'end';
}

const GAP = '  ';
/** A flexible column is never cut below this, so that something of it can be read. */
const FLEXIBLE_WIDTH_MIN = 8;

/**
 * The heading, a rule, and one line for each row. Cells are plain text without control characters.
 * `columnsMax` is the width of the terminal; undefined lets lines grow as they need.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsMax?: number,
): string[] {
  const widths = columns.map((column, at) => {
    return rows.reduce((width, row) => Math.max(width, widthOf(row[at] ?? '')), widthOf(column.title));
  });
  if (columnsMax !== undefined) shrink(columns, widths, columnsMax);
  const lines = [columns.map(({ title }) => title), ...rows].map((row) => line(columns, widths, row));
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)));
  return [lines[0]!, rule, ...lines.slice(1)];
}

/** Takes from the widest flexible column, one terminal column at a time, until the table fits or nothing can give. */
function shrink(columns: readonly Column[], widths: number[], columnsMax: number): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - columnsMax;
  for (; excess > 0; excess--) {
    let widest = -1;
    columns.forEach((column, at) => {
      const canGive = column.flexible !== undefined && widths[at]! > FLEXIBLE_WIDTH_MIN;
      if (canGive && (widest < 0 || widths[at]! > widths[widest]!)) widest = at;
    });
    if (widest < 0) return;
    widths[widest]!--;
  }
}

function line(columns: readonly Column[], widths: readonly number[], row: readonly string[]): string {
  const cells = columns.map(({ align, flexible }, at) =>
    pad(fit(row[at] ?? '', widths[at]!, flexible), widths[at]!, align),
  );
  return cells.join(GAP).trimEnd();
}

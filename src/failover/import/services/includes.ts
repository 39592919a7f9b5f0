/** A configuration with the files that it includes, as one run of lines. */
import { OPTION_FILES_DEEP_MAX, OPTION_FILES_MAX } from '../../../base/cluster-limits.ts';
import { readIfThere } from './inquiry.ts';
import type { Inquiry, SeenFile } from './model.ts';

export interface Line {
  /** Without blanks at its ends; never empty. */
  text: string;
  from: string;
  /** The same for all lines of one file, and another each time that it is included. */
  opened: number;
}

export interface Include {
  paths: readonly string[];
  /** Whether one that is not there is a doubt, and not just passed over. */
  isNeeded: boolean;
}

/** What a line includes, or undefined when it is another one. */
export type IncludeOf = (line: Line, file: SeenFile) => Promise<Include | undefined>;

/** Lines in the order in which they are read, those of an included file in its place. A circle is a doubt. */
export async function readWithIncludes(
  inquiry: Inquiry,
  first: SeenFile,
  includeOf: IncludeOf,
): Promise<{ lines: readonly Line[]; files: readonly SeenFile[] }> {
  const lines: Line[] = [];
  const files: SeenFile[] = [];

  async function follow(file: SeenFile, above: readonly string[]): Promise<void> {
    const opened = files.push(file);
    for (const [at, raw] of file.text.split('\n').entries()) {
      const line = { text: raw.trim(), from: `${file.path}:${at + 1}`, opened };
      const include = line.text === '' ? undefined : await includeOf(line, file);
      if (include !== undefined) await followAll(include, line, [...above, file.path]);
      else if (line.text !== '') lines.push(line);
    }
  }

  async function followAll({ paths, isNeeded }: Include, { from }: Line, above: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (above.includes(path) || above.length >= OPTION_FILES_DEEP_MAX || files.length >= OPTION_FILES_MAX) {
        inquiry.doubts.push(`${from} includes files in a circle, too deeply, or too many`);
        return;
      }
      const file = await readIfThere(inquiry, path);
      if (file !== undefined) await follow(file, above);
      else if (isNeeded) inquiry.doubts.push(`${from} includes ${path}, which is not there`);
    }
  }

  await follow(first, []);
  return { lines, files };
}

import { rawLines, toRaw, trimRaw } from './raw-text.ts';

/** Variables by name; what is not there counts as empty. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the patterns of an exclude file: one a line, white space around them dropped, blank lines and lines that begin
 * with `#` left out, `$NAME` and `${NAME}` replaced by their values, `$$` by `$`.
 * @returns raw text, in the order of the file
 */
export function readPatternFile(content: Uint8Array, environment: Environment): string[] {
  return rawLines(content)
    .map(trimRaw)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => expandVariables(line, environment));
}

/** `${one special char}`, `${NAME}`, an unclosed `${`, `$` with a special char, `$NAME`. */
const VARIABLE = /\$(?:\{([*#$@!?\-0-9])\}|\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|(\w+))/g;

/** The rules of Go's `os.Expand`: broken forms vanish, a lone `$` stays, a special parameter is an unset variable. */
function expandVariables(line: string, environment: Environment): string {
  return line.replace(VARIABLE, (_, bracedSpecial, braced, broken, special, name) => {
    const wanted: string = bracedSpecial ?? braced ?? special ?? name ?? broken;
    return wanted === '$' ? '$' : toRaw(environment[wanted] ?? '');
  });
}

import { AppError } from '../base/errors.ts';

/**
 * Splits a command line into its words without a shell: white space separates, quotes hold together, a backslash
 * takes the next character as it is (inside double quotes only before `"` and `\`). Nothing is expanded.
 * @throws {AppError} `usage` when a quote is not closed or there is no word.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const token = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let word: string | undefined;
  while (token.lastIndex < line.length) {
    const match = token.exec(line);
    if (match === null) throw new AppError('usage', { detail: 'a quote in the command is not closed', hint: '' });
    const [, single, double, escaped, plain] = match;
    const part = single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new AppError('usage', { detail: 'the command is empty', hint: '' });
  return words;
}

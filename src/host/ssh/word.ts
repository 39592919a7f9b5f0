/**
 * One word for a POSIX shell, which takes it as it is (XCU 2.2.2, "Single-Quotes"). NUL cannot be in an argument.
 */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

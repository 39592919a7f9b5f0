/** What is wrong in a configuration, and where it stands. */

/** Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Keys and, in lists, indices that lead to a value. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly place: Place;
  readonly path: Path;
  /** One line; holds no value that may be a secret. */
  readonly text: string;
  /** A key at `path` that is not known. */
  readonly unknownKey?: string;
}

/** `plans.nightly.sources[0].files` */
export function textOfPath(path: Path): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}

export function textOfPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** Reads what `textOfPath` writes. */
export function pathOf(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map((part) => (part[1] === undefined ? part[0] : Number(part[1])));
}

/** `file:line:column: path.to.key: what was expected` */
export function textOfProblem({ place, path, text }: Problem): string {
  return [textOfPlace(place), ...(path.length === 0 ? [] : [textOfPath(path)]), text].join(': ');
}

/** In the order of the text. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ place }) => place.file))];
  return problems.toSorted((a, b) => {
    const byFile = files.indexOf(a.place.file) - files.indexOf(b.place.file);
    return byFile || a.place.line - b.place.line || a.place.column - b.place.column;
  });
}

/**
 * Reads just enough of a TypeScript source to judge it: where comments, strings and regular expressions are, what is
 * imported and exported, and how long functions are. The type checker of this project has no programming interface.
 */

export interface Import {
  target: string;
  line: number;
  /** True when nothing of it is left at run time. */
  typeOnly: boolean;
  /** Imported names, empty for a default, namespace, bare or dynamic import. */
  names: string[];
  reExport: boolean;
}

export interface Span {
  line: number;
  lines: number;
  name: string;
}

type Context = 'code' | 'template';

/**
 * `source` with the insides of comments, strings, templates and regular expressions replaced by spaces. Positions,
 * line breaks and quotes stay, and so does the code inside `${…}`.
 */
export function mask(source: string): string {
  const out = source.split('');
  const stack: { context: Context; depth: number }[] = [{ context: 'code', depth: 0 }];
  let at = 0;
  while (at < source.length) {
    const top = stack.at(-1)!;
    const end = top.context === 'template' ? templateStep(source, at) : codeStep(source, at, out);
    if (end.blank) blank(out, at + end.blank.skip, end.at - end.blank.keep);
    if (end.open) stack.push({ context: end.open, depth: 0 });
    else if (end.close) stack.pop();
    else if (top.context === 'code' && source[at] === '{') top.depth++;
    else if (top.context === 'code' && source[at] === '}' && --top.depth < 0 && stack.length > 1) stack.pop();
    at = end.at;
  }
  return out.join('');
}

interface Step {
  at: number;
  blank?: { skip: number; keep: number };
  open?: Context;
  close?: boolean;
}

function templateStep(source: string, at: number): Step {
  if (source[at] === '`') return { at: at + 1, close: true };
  if (source.startsWith('${', at)) return { at: at + 2, open: 'code' };
  const end = source[at] === '\\' ? at + 2 : at + 1;
  return { at: end, blank: { skip: 0, keep: 0 } };
}

function codeStep(source: string, at: number, out: string[]): Step {
  const character = source[at]!;
  const rest = source.slice(at, at + 2);
  if (rest === '//') return { at: indexOrEnd(source, '\n', at), blank: { skip: 0, keep: 0 } };
  if (rest === '/*') return { at: indexOrEnd(source, '*/', at + 2) + 2, blank: { skip: 0, keep: 0 } };
  if (character === '`') return { at: at + 1, open: 'template' };
  if (character === "'" || character === '"')
    return { at: literalEnd(source, at, character), blank: { skip: 1, keep: 1 } };
  if (character === '/' && startsRegex(out, at))
    return { at: literalEnd(source, at, '/'), blank: { skip: 1, keep: 1 } };
  return { at: at + 1 };
}

function indexOrEnd(source: string, needle: string, from: number): number {
  const found = source.indexOf(needle, from);
  return found < 0 ? source.length : found;
}

/** Position after the closing `quote`; a `/` inside a character class does not close a regular expression. */
function literalEnd(source: string, start: number, quote: string): number {
  let inClass = false;
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at]!;
    if (character === '\\') at++;
    else if (character === '\n') return at;
    else if (quote === '/' && character === '[') inClass = true;
    else if (quote === '/' && character === ']') inClass = false;
    else if (character === quote && !inClass) return at + 1;
  }
  return source.length;
}

/** Whether a `/` here begins a regular expression: it does where no value has just ended. */
function startsRegex(masked: string[], at: number): boolean {
  const before = masked
    .slice(Math.max(0, at - 200), at)
    .join('')
    .trimEnd();
  if (/(?:^|[^\w$.])(?:return|typeof|case|in|of|await|yield|throw|else|do)$/.test(before)) return true;
  return before === '' || !/[\w$)\]}'"`]$/.test(before);
}

function blank(out: string[], from: number, to: number): void {
  for (let at = from; at < to && at < out.length; at++) if (out[at] !== '\n') out[at] = ' ';
}

/** Static, dynamic and type imports, re-exports, and workers or files started by `new URL('…', import.meta.url)`. */
export function importsOf(source: string): Import[] {
  const masked = mask(source);
  const forms = [
    /\b(?:import|export)\b(?<clause>[^;'"`()]*?)\bfrom\s*(?<text>(['"]) *\3)/g,
    /\bimport\s*(?<text>(['"]) *\2)/g,
    /\b(?:import|getBuiltinModule)\s*\(\s*(?<text>(['"]) *\2)/g,
    /\bnew URL\(\s*(?<text>(['"]) *\2)\s*,\s*import\.meta/g,
  ];
  const found = forms.flatMap((form) => [...masked.matchAll(form)].map((match) => importOf(source, match)));
  return found.sort((a, b) => a.line - b.line);
}

function importOf(source: string, match: RegExpExecArray): Import {
  const { clause = '', text = '' } = match.groups ?? {};
  const end = match.index + match[0].lastIndexOf(text) + text.length;
  const names = /\{(.*)\}/s.exec(clause)?.[1]?.split(',') ?? [];
  const typed = names.map((name) => name.trim()).filter((name) => name !== '');
  return {
    target: source.slice(end - text.length + 1, end - 1),
    line: lineAt(source, match.index),
    typeOnly: /^\s*type\b/.test(clause) || (typed.length > 0 && typed.every((name) => name.startsWith('type '))),
    names: typed.map((name) => name.replace(/^type /, '').replace(/ as .*/s, '')),
    reExport: match[0].startsWith('export'),
  };
}

/** `import(x)` whose target cannot be read here. */
export function hiddenImports(source: string): number[] {
  return [...mask(source).matchAll(/\bimport\s*\((?!\s*['"])/g)].map((match) => lineAt(source, match.index));
}

/** Names a module gives to others. */
export function exportsOf(source: string): string[] {
  const masked = mask(source);
  const declared = masked.matchAll(
    /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|const|let|interface|type)\s+([\w$]+)/gm,
  );
  const listed = [...masked.matchAll(/^export\s+(?:type\s+)?\{([^}]*)\}/gm)].flatMap((match) => match[1]!.split(','));
  const names = listed.map((name) =>
    name
      .trim()
      .replace(/^type /, '')
      .replace(/.* as /s, ''),
  );
  return [...[...declared].map((match) => match[1]!), ...names.filter((name) => name !== '')];
}

/** Functions, methods and arrow functions with a block, and how many lines each takes from header to closing brace. */
export function functionsOf(source: string): Span[] {
  const masked = mask(source);
  const spans: Span[] = [];
  const header =
    /\bfunction\b\s*\*?\s*([\w$]*)[^(]*\(|^[ \t]+(?:(?:static|async|get|set|override|public|private)\s+)*\*?(#?[\w$]+)\s*(?:<[^>\n]*>)?\(/gm;
  for (const match of masked.matchAll(header)) {
    const name = match[1] ?? match[2] ?? '';
    if (/^(?:if|for|while|switch|catch|return|await|function|super|with)$/.test(match[2] ?? '')) continue;
    const body = bodyAfter(masked, closing(masked, match.index + match[0].length - 1));
    if (body >= 0) spans.push(spanOf(masked, { name, from: match.index, body }));
  }
  for (const match of masked.matchAll(/=>\s*\{/g))
    spans.push(spanOf(masked, { name: '=>', from: match.index, body: match.index + match[0].length - 1 }));
  return spans;
}

function spanOf(masked: string, { name, from, body }: { name: string; from: number; body: number }): Span {
  const start = from + /^\s*/.exec(masked.slice(from))![0].length;
  const line = lineAt(masked, start);
  return { name, line, lines: lineAt(masked, closing(masked, body)) - line + 1 };
}

/** Position of the `{` that opens the body after a parameter list that ends at `close`, or -1 when there is none. */
function bodyAfter(masked: string, close: number): number {
  let typeExpected = false;
  for (let at = close + 1; at < masked.length; at++) {
    const character = masked[at]!;
    if (/\s/.test(character)) continue;
    if (character === '{' && !typeExpected) return at;
    if (at === close + 1 + /^\s*/.exec(masked.slice(close + 1))![0].length && character !== ':') return -1;
    if (character === ';' || character === '=' || character === '}') {
      if (masked.startsWith('=>', at)) {
        at++;
        typeExpected = true;
        continue;
      }
      return -1;
    }
    if ('{(['.includes(character)) at = closing(masked, at);
    typeExpected = ':|&<,?'.includes(character) || (typeExpected && /^(?:keyof|typeof)\b/.test(masked.slice(at)));
  }
  return -1;
}

/** Position of the bracket that closes the one at `open`; the end of the text when none does. */
function closing(masked: string, open: number): number {
  let depth = 0;
  for (let at = open; at < masked.length; at++) {
    if ('{(['.includes(masked[at]!)) depth++;
    else if ('})]'.includes(masked[at]!) && --depth === 0) return at;
  }
  return masked.length;
}

function lineAt(source: string, at: number): number {
  let line = 1;
  for (let next = source.indexOf('\n'); next >= 0 && next < at; next = source.indexOf('\n', next + 1)) line++;
  return line;
}

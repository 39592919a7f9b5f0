/** `ha.cf` read as Heartbeat's own parser does, kept as it is written, and changed in place. */
import { nearest } from '../../base/nearest.ts';
import type { Place, SyntaxProblem } from '../place.ts';
import { DIRECTIVE_NAMES, DIRECTIVES, type DirectiveRule } from './directives.ts';
import { linesOf, wordsOf } from './lines.ts';
import type { HaCf, HaDirective, HaLine } from './model.ts';

/** Never throws: what cannot be understood is in `problems`, in the order of the file. */
export function parseHaCf(text: string, file = 'ha.cf'): HaCf {
  const lines = linesOf(text).map((line, at): HaLine => ({ text: line, directive: directiveOf(line, file, at + 1) }));
  const directives = lines.flatMap(({ directive }) => directive ?? []);
  const problems = directives.flatMap((directive, at) => problemsOf(directive, directives.slice(0, at)));
  return { file, lines, problems };
}

/** The text it was parsed from, or became by changes. */
export function formatHaCf(cf: HaCf): string {
  return cf.lines.map(({ text }) => text).join('');
}

export function directivesOf(cf: HaCf): HaDirective[] {
  return cf.lines.flatMap(({ directive }) => directive ?? []);
}

/**
 * With `name` set to `args` once: the last line of that name is changed, where its comment and indentation stay; the
 * others of that name go. At the end where there is none.
 */
export function setDirective(cf: HaCf, name: string, args: readonly string[]): HaCf {
  const last = cf.lines.findLast(({ directive }) => directive?.name === name);
  if (last === undefined) return addDirective(cf, name, args);
  const kept = cf.lines.filter((line) => line === last || line.directive?.name !== name);
  return reparsed(
    cf,
    kept.map((line) => (line === last ? changedLine(line, args) : line.text)),
  );
}

/** With another line of `name` at the end of the file. */
export function addDirective(cf: HaCf, name: string, args: readonly string[]): HaCf {
  const before = cf.lines.map(({ text }) => text);
  const end = before.at(-1);
  if (end !== undefined && !end.endsWith('\n')) before.push('\n');
  return reparsed(cf, [...before, `${[name, ...args].join(' ')}\n`]);
}

/** Without the lines of `name`. */
export function removeDirective(cf: HaCf, name: string): HaCf {
  return reparsed(
    cf,
    cf.lines.filter(({ directive }) => directive?.name !== name).map(({ text }) => text),
  );
}

/** A comment begins at any `#`, even inside a word; a carriage return ends the line. */
function contentOf(line: string): string {
  const start = line.search(/[^ \t\n\r\f]/);
  if (start < 0) return '';
  const end = line.slice(start).search(/[#\r\n]/);
  return end < 0 ? line : line.slice(0, start + end);
}

function directiveOf(line: string, file: string, number: number): HaDirective | undefined {
  const content = contentOf(line);
  const [first] = wordsOf(content);
  if (first === undefined) return undefined;
  const rest = content.slice(first.at + first.text.length);
  const words = wordsOf(rest, DIRECTIVES[first.text]?.form === 'line' ? '' : ',');
  return {
    name: first.text,
    args: words.map((word) => word.text),
    place: { file, line: number, column: first.at + 1 },
  };
}

function problemsOf(directive: HaDirective, before: readonly HaDirective[]): SyntaxProblem[] {
  const { name, args, place } = directive;
  const rule = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined;
  if (rule === undefined) return [unknown(name, place)];
  const texts = [
    ...countProblem(rule, args),
    ...(args.length >= rule.count[0] ? [rule.check?.(args)].flatMap((text) => text ?? []) : []),
    ...(rule.isOnce && before.some((other) => isSame(other.name, name)) ? ['Heartbeat refuses a second one'] : []),
  ];
  return [
    ...texts.map((text) => ({ place, text: `${name}: ${text}`, remedy: `Write: ${name} ${rule.usage}` })),
    ...quoteProblem(directive),
  ];
}

function countProblem(rule: DirectiveRule, args: readonly string[]): string[] {
  const [least, most] = rule.count;
  if (args.length === 0) return [rule.form === 'line' ? 'nothing follows' : 'has no value, and so no effect'];
  if (args.length < least) return [`${args.length} of at least ${least} words`];
  if (most !== undefined && args.length > most) return [`${args.length} words where ${most} may be`];
  return [];
}

/** Heartbeat has no quotes: a quoted name with a blank is two names with a quote in each. Values are not repeated. */
function quoteProblem({ name, args, place }: HaDirective): SyntaxProblem[] {
  if (!args.some((word) => /^["']|["']$/.test(word))) return [];
  const text = `${name}: Heartbeat takes quotes as part of the value`;
  return [{ place, text, remedy: 'Remove the quotes; values cannot contain blanks.' }];
}

function unknown(name: string, place: Place): SyntaxProblem {
  const [near] = nearest(name, DIRECTIVE_NAMES);
  return {
    place,
    text: `${name} is no directive; Heartbeat does not start`,
    remedy: near === undefined ? 'Remove it, or see ha.cf(5).' : `Did you mean ${near}?`,
  };
}

function isSame(one: string, other: string): boolean {
  const canonical = (name: string): string => (name === 'crm' ? 'pacemaker' : name);
  return canonical(one) === canonical(other);
}

function changedLine({ text }: HaLine, args: readonly string[]): string {
  const content = contentOf(text);
  const [first, ...words] = wordsOf(content);
  const nameEnd = first!.at + first!.text.length;
  const last = words.at(-1);
  const gap = words[0] === undefined ? ' ' : content.slice(nameEnd, words[0].at);
  const after = last === undefined ? text.slice(nameEnd) : text.slice(last.at + last.text.length);
  return `${text.slice(0, nameEnd)}${args.length === 0 ? '' : gap}${args.join(' ')}${after}`;
}

function reparsed(cf: HaCf, texts: readonly string[]): HaCf {
  return parseHaCf(texts.join(''), cf.file);
}

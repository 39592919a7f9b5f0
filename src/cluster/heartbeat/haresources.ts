/**
 * `haresources` read as Heartbeat's own `ResourceManager` does, kept as it is written, and changed in place. Its rules,
 * which are those of the sed script in there: comments go first, then lines that end with a backslash are joined, so that
 * a `#` on a line that continues another is no comment; words are separated by blanks and tabs.
 */
import type { Place, SyntaxProblem } from '../place.ts';
import { linesOf } from './lines.ts';
import type { HaGroup, HaResource, Haresources, HaresourcesLine } from './model.ts';

/** The pattern by which `ResourceManager` tells an address from a script. */
const ADDRESS = /^[0-9].*\.[0-9].*\.[0-9].*\.[0-9]/s;
const WORD = /[^ \t]+/g;
/** An address of IPv6 in its short form, which is split where parameters are. */
const CUT_ADDRESS = /^(?:IPv6addr::[0-9a-f:.]*|[0-9a-f]{1,4}(?::[0-9a-f]{1,4})+)::/i;

/** Never throws: what cannot be understood is in `problems`, in the order of the file. */
export function parseHaresources(text: string, file = 'haresources'): Haresources {
  const problems: SyntaxProblem[] = [];
  const lines: HaresourcesLine[] = [];
  const physical = linesOf(text);
  for (let at = 0; at < physical.length; ) {
    const joined = join(physical, at);
    const reader = new LineReader(joined, { file, first: at + 1 });
    lines.push({ text: physical.slice(at, at + joined.count).join(''), group: reader.group });
    problems.push(...reader.problems);
    at += joined.count;
  }
  return { file, lines, groups: lines.flatMap(({ group }) => group ?? []), problems };
}

/** The text it was parsed from, or became by changes. */
export function formatHaresources({ lines }: Haresources): string {
  return lines.map(({ text }) => text).join('');
}

/** As it stands in the file: `Filesystem::/dev/sda::/mnt/ost01::lustre`, `10.0.0.1/24`. */
export function formatResource({ script, params, isImplicit }: Omit<HaResource, 'place'>): string {
  return (isImplicit ? params : [script, ...params]).join('::');
}

/** With `resource`, which is one of this file, written as `by`; everything around it stays. */
export function replaceResource(haresources: Haresources, resource: HaResource, by: string): Haresources {
  const text = formatHaresources(haresources);
  const start = offsetOf(text, resource.place);
  return parseHaresources(text.slice(0, start) + by + text.slice(endOfWord(text, start)), haresources.file);
}

/** With the node and the resources of `group`, which is one of this file, written anew; a comment behind them stays. */
export function replaceGroup(haresources: Haresources, group: HaGroup, words: readonly string[]): Haresources {
  const text = formatHaresources(haresources);
  const start = offsetOf(text, group.place);
  const end = endOfWord(text, offsetOf(text, group.resources.at(-1)?.place ?? group.place));
  return parseHaresources(text.slice(0, start) + words.join(' ') + text.slice(end), haresources.file);
}

/** With another group at the end. */
export function addGroup(haresources: Haresources, words: readonly string[]): Haresources {
  const text = formatHaresources(haresources);
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return parseHaresources(`${text}${gap}${words.join(' ')}\n`, haresources.file);
}

interface Joined {
  content: string;
  /** Where in `content` each line of the file begins. */
  starts: readonly number[];
  /** Lines of the file in it. */
  count: number;
}

function join(lines: readonly string[], from: number): Joined {
  let content = bare(lines[from]!).replace(/#.*/s, '');
  const starts = [0];
  while (content.endsWith('\\') && from + starts.length < lines.length) {
    content = content.slice(0, -1);
    const next = lines[from + starts.length]!;
    starts.push(content.length);
    content += bare(next);
  }
  return { content, starts, count: starts.length };
}

function bare(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}

/** One logical line. */
class LineReader {
  readonly group: HaGroup | undefined;
  readonly problems: SyntaxProblem[] = [];
  readonly #starts: readonly number[];
  readonly #origin: { file: string; first: number };

  constructor({ content, starts }: Joined, origin: { file: string; first: number }) {
    this.#starts = starts;
    this.#origin = origin;
    const words = [...content.matchAll(WORD)].map((match) => ({ text: match[0], place: this.#placeOf(match.index) }));
    const [node, ...rest] = words.map((word) => this.#withoutReturn(word));
    // A carriage return by itself is an empty line of a file from elsewhere.
    if (node === undefined || node.text === '') return;
    const resources = rest.filter(({ text }) => text !== '').map((word) => this.#resourceOf(word));
    if (resources.length === 0)
      this.#report(node.place, `${node.text} is followed by no resource`, 'Write: NODE RESOURCE…');
    this.group = { node: node.text.toLowerCase(), resources, place: node.place };
  }

  #placeOf(at: number): Place {
    const row = this.#starts.findLastIndex((start) => start <= at);
    const { file, first } = this.#origin;
    return { file, line: first + row, column: at - this.#starts[row]! + 1 };
  }

  #withoutReturn({ text, place }: { text: string; place: Place }): { text: string; place: Place } {
    if (!text.includes('\r')) return { text, place };
    const what = 'a carriage return belongs to the word before it';
    this.#report(place, what, 'Save the file with line endings of Unix: sed -i "s/\\r//" FILE');
    return { text: text.replaceAll('\r', ''), place };
  }

  #resourceOf({ text, place }: { text: string; place: Place }): HaResource {
    const parts = text.split('::');
    const isImplicit = ADDRESS.test(text);
    const params = (isImplicit ? parts : parts.slice(1)).filter((part) => part !== '');
    const script = isImplicit ? 'IPaddr' : parts[0]!;
    this.#judge(text, place);
    return { script, params, isImplicit, place };
  }

  #judge(text: string, place: Place): void {
    if (text.startsWith('#')) {
      const remedy = 'Move the comment to a line of its own, before the group.';
      this.#report(place, 'a # on a continued line is a resource, not a comment', remedy);
    } else if (text === '\\') {
      const remedy = 'Let the backslash be the last character of a line that another follows.';
      this.#report(place, 'a backslash that continues nothing is a resource', remedy);
    } else if (CUT_ADDRESS.test(text)) {
      const remedy = 'Write all eight parts of the address, each 0 as well: IPv6addr::2001:db8:0:0:0:0:0:1';
      this.#report(place, `${text.replace(/^IPv6addr::/, '')} is cut at its two colons`, remedy);
    } else if (text.startsWith('::')) {
      this.#report(place, `${text} names no script`, 'Write: SCRIPT::PARAMETER::…');
    } else if (/::(?:::|$)/.test(text)) {
      const remedy = 'Give it a value; those behind it would otherwise move forward.';
      this.#report(place, `${text}: an empty parameter is not passed on`, remedy);
    }
  }

  #report(place: Place, text: string, remedy: string): void {
    this.problems.push({ place, text, remedy });
  }
}

function offsetOf(text: string, { line, column }: Place): number {
  const before = linesOf(text).slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length, 0) + column - 1;
}

/** A word may go on after a backslash and a line ending; at the end of the file the backslash belongs to it. */
function endOfWord(text: string, start: number): number {
  const word = /(?:\\\n|[^ \t\n\r#])*/y;
  word.lastIndex = start;
  const found = word.exec(text)![0];
  const isLast = start + found.length === text.length;
  return start + found.replace(isLast ? /\n$/ : /(?:\\\n)+$/, '').length;
}

/** Text that compresses like text: words of a small language in which some are far more frequent than others. */
import { numbersOf } from './noise.ts';

const SYLLABLES = 'ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu'.split(
  ' ',
);
const VOCABULARY = 6000;
const WORDS_PER_LINE = 11;

/** @returns a function that gives one random word. */
export function wordsOf(seed: string): () => string {
  const number = numbersOf(seed);
  const vocabulary = Array.from({ length: VOCABULARY }, () =>
    Array.from({ length: 1 + number(4) }, () => SYLLABLES[number(SYLLABLES.length)]).join(''),
  );
  // The square of an even distribution: half of all words come from a quarter of the vocabulary.
  return () => vocabulary[Math.floor((number(2 ** 30) / 2 ** 30) ** 2 * VOCABULARY)]!;
}

export function textOf(bytes: number, seed: string): string {
  const word = wordsOf(seed);
  const parts: string[] = [];
  for (let length = 0; length < bytes; ) {
    const line = `${Array.from({ length: WORDS_PER_LINE }, word).join(' ')}.\n`;
    parts.push(line);
    length += line.length;
  }
  return parts.join('').slice(0, bytes);
}

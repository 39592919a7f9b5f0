/** What people may have meant when they typed a word that is not known. */
import { nearest as nearestByLetters } from '../base/nearest.ts';

/** Words of other programs, and what the thing is called here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  '--repo': '--vault',
  '--repository': '--vault',
  '--repository-file': '--vault',
  '--cleanup': 'prune',
  list: 'ls',
  create: 'backup',
  save: 'backup',
  delete: 'forget',
  remove: 'forget',
  rm: 'forget',
  gc: 'prune',
  compact: 'prune',
  verify: 'check',
  extract: 'restore',
  info: 'stats',
  passwd: 'key passwd',
  'rebuild-index': 'repair index',
  'break-lock': 'unlock',
};

/** The candidates nearest to `word`, best first, at most three; empty when none is near. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const other = OTHER_WORDS[word];
  return other !== undefined && candidates.includes(other) ? [other] : nearestByLetters(word, candidates);
}

/** `Did you mean --exclude?`, or undefined when nothing is near. */
export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates);
  return found.length === 0 ? undefined : `Did you mean ${found.join(' or ')}?`;
}

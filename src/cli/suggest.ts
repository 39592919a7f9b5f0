/** What people may have meant when they typed a word that is not known. */

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

/** Beyond this share of its letters changed, a candidate is no longer what was meant. */
const CHANGED_SHARE_MAX = 0.4;

/** The candidates nearest to `word`, best first, at most three; empty when none is near. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const other = OTHER_WORDS[word];
  if (other !== undefined && candidates.includes(other)) return [other];
  const bare = word.replace(/^-+/, '').toLowerCase();
  const scored = candidates
    .map((candidate) => ({ candidate, score: distance(bare, candidate.replace(/^-+/, '')) }))
    .filter(({ candidate, score }) => isNear(bare, candidate.replace(/^-+/, ''), score));
  const best = Math.min(...scored.map(({ score }) => score));
  return scored
    .filter(({ score }) => score === best)
    .map(({ candidate }) => candidate)
    .slice(0, 3);
}

/** `Did you mean --exclude?`, or undefined when nothing is near. */
export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates);
  return found.length === 0 ? undefined : `Did you mean ${found.join(' or ')}?`;
}

/** Near enough by letters, or the beginning of the candidate (`snap` for `snapshots`). */
function isNear(word: string, candidate: string, score: number): boolean {
  if (word.length >= 3 && candidate.startsWith(word)) return true;
  return score <= Math.max(word.length, candidate.length) * CHANGED_SHARE_MAX;
}

/** Edits that turn `a` into `b`: insert, delete, replace, swap neighbours (optimal string alignment distance). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

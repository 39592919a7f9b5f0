/** Words that somebody may have meant who wrote another. */

/** Beyond this share of its letters changed, a candidate is no longer what was meant. */
const CHANGED_SHARE_MAX = 0.4;

/** The candidates nearest to `word` by letters, best first, at most three; empty when none is near. Hyphens in front do not count. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const bare = word.replace(/^-+/, '').toLowerCase();
  const scored = candidates
    .map((candidate) => ({ candidate, letters: candidate.replace(/^-+/, '').toLowerCase() }))
    .map(({ candidate, letters }) => ({ candidate, letters, score: distance(bare, letters) }))
    .filter(({ letters, score }) => isNear(bare, letters, score));
  const best = Math.min(...scored.map(({ score }) => score));
  return scored
    .filter(({ score }) => score === best)
    .map(({ candidate }) => candidate)
    .slice(0, 3);
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

/** A plan as people read it, before anything is touched. */
import { syscalls } from '../host.ts';
import { ROOT } from './entries.ts';
import { Kind } from './kinds.ts';
import type { RestorePlan } from './plan.ts';
import { openTarget, refuseDeletingAll } from './target.ts';
import { removeUnexpected } from './unexpected.ts';

const WORDS: Record<Kind, string> = {
  [Kind.directory]: 'directory',
  [Kind.file]: 'file',
  [Kind.symlink]: 'symlink',
  [Kind.fifo]: 'fifo',
  [Kind.blockDevice]: 'device',
  [Kind.charDevice]: 'device',
  [Kind.link]: 'link',
  [Kind.none]: 'none',
};

/** Everything the plan makes, in its order, with raw paths below the target. */
export function* entriesOf({ entries }: RestorePlan): Generator<{ path: string; kind: string }> {
  for (let entry = ROOT + 1; entry < entries.count; entry++) {
    const kind = entries.kindOf(entry);
    if (kind !== Kind.none) yield { path: entries.pathOf(entry), kind: WORDS[kind] };
  }
}

/**
 * Raw paths of what `delete` would remove from the target; a directory stands for all that is in it.
 * @throws {AppError} `refused` as `executeRestore` would be
 */
export function findUnexpected(plan: RestorePlan, path: string): string[] {
  if (!syscalls.statInto(syscalls.CWD, path, new syscalls.StatRecord())) return [];
  using target = openTarget(path);
  refuseDeletingAll(target, plan.filter);
  const found: string[] = [];
  removeUnexpected({
    entries: plan.entries,
    filter: plan.filter,
    targetFd: target.fd,
    dryRun: true,
    onRemoved: (each) => found.push(each),
    onFailed: () => undefined,
  });
  return found.reverse();
}

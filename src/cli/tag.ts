import { AppError } from '../base/errors.ts';
import type { Snapshot, Vault } from '../vault.ts';
import { chooseSnapshots, SNAPSHOT_ARGUMENT, tagsOf } from './choose.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { list } from './options.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';
import { moveProof } from './withdraw-proofs.ts';

interface Wishes {
  add: readonly string[];
  remove: readonly string[];
  set: readonly string[];
}

export const command = defineCommand({
  description:
    'Changes the tags of snapshots. A snapshot with other tags is a new file under a new id, which remembers the first id ' +
    'in original; the old one goes once the new one is safe. Without ids, all snapshots that pass the filter are changed. ' +
    'With --json each is a line of type changed with old_snapshot_id and new_snapshot_id.',
  examples: [
    { line: 'tag --add keep,audit 1a2b3c4d', does: 'add two tags to a snapshot' },
    { line: 'tag --remove test --host node7', does: 'take a tag from all snapshots of a host' },
    { line: "tag --set '' latest", does: 'take all tags away' },
  ],
  arguments: [{ usage: '[snapshot...]', description: SNAPSHOT_ARGUMENT }],
  options: {
    ...FILTER_OPTIONS,
    add: list('tags', 'Add these tags, separated by commas'),
    remove: list('tags', 'Remove these tags'),
    set: list('tags', 'Have exactly these tags'),
    ...LOCK_OPTIONS,
  },
  async run(context, ids, options) {
    const { output } = context;
    const newTags = tagChange(options);
    await using opened = await openLocked(context, { lock: 'exclusive', ...options });
    const { vault, signal } = opened;
    let changed = 0;
    const all = await listSnapshots(context, opened);
    for (const snapshot of chooseSnapshots(all, ids, options)) {
      signal.throwIfAborted();
      const tags = newTags(snapshot.tags);
      if (tags.join('\0') === snapshot.tags.join('\0')) continue;
      const id = await replace(vault, all, { ...snapshot, tags });
      await moveProof(context, vault.config.id, { from: snapshot.id, to: id });
      changed++;
      output.note(`Snapshot ${shortId(snapshot.id)} is now ${shortId(id)}, tags: ${tags.join(',') || 'none'}`);
      output.record('changed', { old_snapshot_id: snapshot.id, new_snapshot_id: id, tags });
    }
    output.line(`${counted(changed, 'snapshot')} changed.`);
    output.summary({ changed_snapshots: changed });
    return output.warnings > 0 ? 'incomplete' : undefined;
  },
});

/** @throws {AppError} `usage` when nothing is to be changed, or two ways at once */
function tagChange({ add, remove, set }: Wishes): (tags: readonly string[]) => string[] {
  const hasSteps = add.length + remove.length > 0;
  if (set.length > 0 && hasSteps)
    throw new AppError('usage', { detail: '--set cannot stand beside --add or --remove', hint: '' });
  if (set.length === 0 && !hasSteps)
    throw new AppError('usage', { detail: 'nothing to change was given', hint: 'Use --add, --remove or --set.' });
  if (set.length > 0) {
    const wanted = set.every((tags) => tags === '') ? [] : tagsOf(set);
    return () => wanted;
  }
  const [added, removed] = [tagsOf(add), new Set(tagsOf(remove))];
  return (tags) => [...new Set([...tags, ...added])].filter((tag) => !removed.has(tag));
}

/** The new snapshot is durable before the old one goes; one that a killed run has made already is not made again. */
async function replace(vault: Vault, all: readonly Snapshot[], changed: Snapshot): Promise<string> {
  const wanted = { ...changed, original: changed.original ?? changed.id };
  const made = all.find((each) => each.id !== changed.id && textOf(each) === textOf(wanted));
  const id = made?.id ?? (await vault.saveSnapshot(wanted));
  await vault.removeSnapshot(changed.id);
  return id;
}

/** What a snapshot says, whatever its id. */
function textOf({ id: _, ...document }: Snapshot): string {
  return JSON.stringify(document);
}

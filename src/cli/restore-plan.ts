/** What `restore --dry-run` shows. */
import { formatBytes } from '../base/bytes.ts';
import { entriesOf, findUnexpected, type RestorePlan } from '../restore.ts';
import type { Context } from './context.ts';
import { pathFields } from './names.ts';
import { counted, formatCount, textOfName } from './text.ts';

export function showRestorePlan(
  { output }: Context,
  plan: RestorePlan,
  { target, isDeleting }: { target: string; isDeleting: boolean },
): 'incomplete' | undefined {
  for (const { path, message } of plan.problems)
    output.warn(`${textOfName(path)}: ${message}`, { item: pathFields(path).path });
  if (output.verbosity > 0) {
    for (const { path, kind } of entriesOf(plan)) {
      output.line(`${kind.padEnd(9)} ${textOfName(path)}`);
      output.record('entry', { action: 'restore', type: kind, ...pathFields(path) });
    }
  }
  const unexpected = isDeleting ? findUnexpected(plan, target) : [];
  for (const path of unexpected) {
    output.line(`delete    ${textOfName(path)}`);
    output.record('entry', { action: 'delete', ...pathFields(path) });
  }
  const { files, directories, others, bytes } = plan.totals;
  const removed = isDeleting ? `, and remove ${formatCount(unexpected.length)}` : '';
  output.line(
    `Would restore ${counted(files, 'file')} with ${formatBytes(bytes)}, ${counted(directories, 'directory', 'directories')} and ` +
      `${counted(others, 'other entry', 'other entries')}${removed}.`,
  );
  output.line('Files that are right already would be left alone.');
  output.line('Dry run: nothing was changed.');
  output.summary({
    total_files: files,
    total_directories: directories,
    total_others: others,
    total_bytes: bytes,
    deleted: unexpected.length,
    dry_run: true,
    errors: plan.problems.length,
  });
  return plan.problems.length > 0 ? 'incomplete' : undefined;
}

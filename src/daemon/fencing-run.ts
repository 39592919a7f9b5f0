/** Runs about a cluster: whether each of its nodes could be fenced now. Every path is tried, and nobody is shot. */
import { FENCING_LINES_TOLD_MAX } from '../base/cluster-limits.ts';
import { AppError } from '../base/errors.ts';
import { fence } from '../failover.ts';
import { nodesOf, seatOf } from './nodes.ts';
import type { Task } from './task.ts';

/**
 * Tries all paths from all nodes that answer, and takes down what each proved. What could not be tried leaves the run
 * incomplete, and what was known of it grows older.
 * @throws {AppError} `fencing-failed` when a path failed, a node has no device or no shot would be fired; `cluster-down` when
 *   no node answers
 */
export async function performFencing(task: Task): Promise<void> {
  const { world, name, signal, emit, findings } = task;
  const nodes = nodesOf(world, name);
  emit({ kind: 'phase', text: `trying the fencing of ${nodes.join(', ')}` });
  const trial = await fence.tryCluster(nodes, {
    seatOf: (node) => seatOf(world, node),
    options: { clock: world.clock, signal },
    // For the log: what is wrong is said once more at the end, with the outcome.
    onTried: ({ device, from, step, target, tried: { outcome, text } }) =>
      emit({
        kind: 'line',
        level: 'info',
        text: `${outcome}: ${device.id} from ${from}, ${step}${target === undefined ? '' : ` of ${target.node}`}: ${text}`,
      }),
  });
  signal.throwIfAborted();
  const proofs = trial.proofs.map((proof) => ({ cluster: name, ...proof }));
  world.ledger.savePathProofs(name, proofs, trial.ways);
  const { failed, unproven, proven, notes, asked } = trial;
  emit({
    kind: 'phase',
    text: `asked ${asked}: ${proven} steps proven, ${failed.length} failed, ${unproven.length} unproven`,
  });
  findings.figures.problems = failed.length + unproven.length;
  findings.notes.push(...notes, ...told([...failed, ...unproven.map((line) => `unproven: ${line}`)]));
  if (failed.length > 0) {
    const more = failed.length === 1 ? '' : `, and ${failed.length - 1} more`;
    throw new AppError('fencing-failed', { detail: `${failed[0]}${more}` });
  }
  findings.problems = unproven.length;
  if (unproven.length > 0) findings.problemsText = `not everything could be tried: ${unproven[0]}`;
}

function told(lines: readonly string[]): string[] {
  const kept = lines.slice(0, FENCING_LINES_TOLD_MAX);
  const left = lines.length - kept.length;
  return left === 0 ? kept : [...kept, `${left} lines more are in the log`];
}

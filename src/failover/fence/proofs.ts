/** What the tests of paths, and real shots, prove about fencing a node: for a verdict before an action. */
import { stonith } from '../../cluster.ts';
import { type FencingProof, SHOT } from '../verdict/inputs.ts';
import type { TriedPath } from './paths.ts';
import type { FencingView } from './read.ts';
import { type Way, waysTo } from './ways.ts';

/**
 * Of a path, that the device told of the target when another node asked it, of all its plugs. What could not be asked
 * proves nothing in either direction and is not among them.
 * @param atMs when the paths were tried
 */
export function proofsOf(
  { history }: Pick<FencingView, 'history'>,
  tried: readonly TriedPath[],
  atMs: number,
): FencingProof[] {
  const targets = [...new Set(tried.flatMap(({ target }) => target?.node ?? []))];
  const paths = targets.flatMap((node) => waysTo(node, tried).flatMap((way) => proofOf(node, way, atMs)));
  const shots = history.flatMap(({ target, status, delegate, action, completed, reason }): FencingProof[] =>
    status === 'pending' || completed?.ms === undefined || action === 'on' || delegate === undefined
      ? []
      : [
          {
            node: target,
            by: `${SHOT}${delegate}`,
            isProven: status === 'success',
            atMs: completed.ms,
            text: status === 'success' ? action : `${action} failed${reason === '' ? '' : `: ${reason}`}`,
          },
        ],
  );
  return [...paths, ...shots];
}

/** None for what could not be asked. What cuts no power is no proof, though it answers. */
export function proofOf(node: string, { device, from, outcome, text }: Way, atMs: number): FencingProof[] {
  if (outcome === 'unproven') return [];
  const powerless = stonith.powerlessness(device.agent);
  const proof = { node, device: device.id, by: `${device.id} from ${from}`, atMs };
  const isProven = outcome === 'proven';
  return [{ ...proof, isProven, text, ...(powerless === undefined ? {} : { powerless }) }];
}

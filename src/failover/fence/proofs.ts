/** What the tests of paths, and real shots, prove about fencing a node: for a verdict before an action. */
import type { FencingProof } from '../verdict/inputs.ts';
import type { TriedPath } from './paths.ts';
import type { FencingView } from './read.ts';

/**
 * Of a path, that the device told of the target when another node asked it. What could not be asked proves nothing in
 * either direction and is not among them.
 * @param atMs when the paths were tried
 */
export function proofsOf(
  { history }: Pick<FencingView, 'history'>,
  tried: readonly TriedPath[],
  atMs: number,
): FencingProof[] {
  const paths = tried.flatMap(({ step, target, from, device, tried: { outcome, text } }): FencingProof[] =>
    step !== 'status' || target === undefined || from === target.node || outcome === 'unproven'
      ? []
      : [{ node: target.node, by: `${device.id} from ${from}`, isProven: outcome === 'proven', atMs, text }],
  );
  const shots = history.flatMap(({ target, status, delegate, action, completed, reason }): FencingProof[] =>
    status === 'pending' || completed?.ms === undefined || action === 'on' || delegate === undefined
      ? []
      : [
          {
            node: target,
            by: `a shot by ${delegate}`,
            isProven: status === 'success',
            atMs: completed.ms,
            text: status === 'success' ? action : `${action} failed${reason === '' ? '' : `: ${reason}`}`,
          },
        ],
  );
  return [...paths, ...shots];
}

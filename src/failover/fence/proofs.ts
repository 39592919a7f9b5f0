/** What the tests of paths, and real shots, prove about fencing a node: for a verdict before an action. */
import { type live, stonith } from '../../cluster.ts';
import { type FencingProof, SHOT } from '../verdict/inputs.ts';
import type { FencePath, TriedPath } from './paths.ts';
import { isOfAnother, nameOfWay, type Way, waysTo } from './ways.ts';

/**
 * Of a way, that another node's fencer knows the device, and that the device told that node of every plug of the target. What
 * could not be asked proves nothing in either direction and is not among them.
 * @param atMs when the paths were tried
 */
export function proofsOf(tried: readonly TriedPath[], atMs: number): FencingProof[] {
  const targets = [...new Set(tried.flatMap(({ target }) => target?.node ?? []))];
  return targets.flatMap((node) => waysTo(node, tried).flatMap((way) => proofOf(node, way, atMs)));
}

/** What cuts no power is no proof, though it answers. */
function proofOf(node: string, way: Way, atMs: number): FencingProof[] {
  const { device, from, outcome, step, text } = way;
  if (outcome === 'unproven') return [];
  const powerless = stonith.powerlessness(device.agent);
  const proof = { node, device: device.id, by: nameOfWay(way), atMs };
  const isProven = outcome === 'proven';
  const failed = step === 'status' ? `${from} gets no answer: ${text}` : `${from}: ${text}`;
  const told = isProven ? `tells ${from} that it is ${text}` : failed;
  return [{ ...proof, isProven, text: told, ...(powerless === undefined ? {} : { powerless }) }];
}

/** Every way there is to fence a node from another one, whether or not it could be tried. */
export function waysOf(paths: readonly FencePath[]): Pick<FencingProof, 'node' | 'by'>[] {
  const ways = paths.filter(isOfAnother).map((path) => ({ node: path.target!.node, by: nameOfWay(path) }));
  return [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()];
}

/** Real shots, as the fencer remembers them. */
export function shotsOf(history: readonly live.FencingEvent[]): FencingProof[] {
  return history.flatMap(({ target, status, delegate, action, completed, reason }): FencingProof[] =>
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
}

/** What is worth keeping: a device that answers and cuts no power proves nothing later. */
export function lasting(proofs: readonly FencingProof[]): FencingProof[] {
  return proofs.filter(({ powerless }) => powerless === undefined);
}

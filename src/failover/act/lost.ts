/** What befell nodes while a plan was carried out, though everything that it promised may have come about. */
import type { state } from '../../cluster.ts';
import type { Situation } from './model.ts';

/** One sentence for each node that was shot, was to be shot, or is not heard any more; none where nothing befell any. */
export function lossesBetween(before: Situation, after: Situation): string[] {
  const known = new Set((before.state.fencing ?? []).map(keyOf));
  const fired = (after.state.fencing ?? []).filter((event) => event.status !== 'pending' && !known.has(keyOf(event)));
  const shots = fired.map(({ target, status, delegate }) => {
    if (status === 'failed') return `fencing of ${target} failed on the way`;
    return `${target} was fenced on the way${delegate === undefined ? '' : ` by ${delegate}`}`;
  });
  const heard = new Set(before.state.nodes.filter(isHeard).map(({ name }) => name));
  const silent = after.state.nodes.filter((node) => heard.has(node.name) && !isHeard(node));
  return [...new Set([...shots, ...silent.map(({ name }) => `${name} was online, and is not any more`)])];
}

function isHeard({ isOnline, isUnclean }: state.NodeState): boolean {
  return isOnline && !isUnclean;
}

/** A fencing that was under way has no end yet, so when it has one it is another. */
function keyOf({ target, action, status, completed }: state.FencingEvent): string {
  return JSON.stringify([target, action, status, completed]);
}

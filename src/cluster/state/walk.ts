/** Going through the resources of a state. */
import type { CollectionState, PrimitiveState, ResourceState } from '../state.ts';

/** An instance, and what it is in, outermost first. */
export interface Placed {
  primitive: PrimitiveState;
  within: readonly CollectionState[];
}

/** Every instance, in the order of the answer. */
export function primitivesOf(
  resources: readonly ResourceState[],
  within: readonly CollectionState[] = [],
): readonly Placed[] {
  return resources.flatMap((resource): readonly Placed[] =>
    resource.kind === 'primitive'
      ? [{ primitive: resource, within }]
      : primitivesOf(resource.members, [...within, resource]),
  );
}

export function isFenceDevice({ agent }: PrimitiveState): boolean {
  return agent.startsWith('stonith:');
}

/** True when several instances of one id are meant to run side by side. */
export function isRepeated(within: readonly CollectionState[]): boolean {
  return within.some(({ kind }) => kind !== 'group');
}

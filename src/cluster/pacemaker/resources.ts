/** The resources of a crm_mon document, as a tree. */
import type { CollectionState, PrimitiveState, ResourceState } from '../state.ts';
import { childrenOf, type Element } from './machine-xml.ts';
import { agentOf, booleanOf, roleOf } from './values.ts';

/** @param unclean names of the nodes that are */
export function resourcesOf(parent: Element | undefined, unclean: ReadonlySet<string>): ResourceState[] {
  return (parent?.children ?? []).flatMap((element): ResourceState[] => {
    if (element.name === 'resource') return [primitiveOf(element, unclean)];
    if (element.name === 'bundle') return [bundleOf(element, unclean)];
    if (element.name === 'group' || element.name === 'clone')
      return [{ ...collection(element, element.name), members: resourcesOf(element, unclean) }];
    return [];
  });
}

function primitiveOf(element: Element, unclean: ReadonlySet<string>): PrimitiveState {
  const { attributes } = element;
  const nodes = [...new Set(childrenOf(element, 'node').map((node) => node.attributes['name'] ?? ''))];
  const isActive = isSet(element, 'active');
  const target = attributes['target_role'];
  return {
    kind: 'primitive',
    id: attributes['id'] ?? '',
    agent: agentOf(attributes['resource_agent'] ?? ''),
    role: roleOf(attributes['role'] ?? ''),
    targetRole: target === undefined ? undefined : roleOf(target),
    nodes,
    isActive,
    isUncertain: isActive && nodes.length > 0 && nodes.every((node) => unclean.has(node)),
    isFailed: isSet(element, 'failed'),
    isFailureIgnored: isSet(element, 'failure_ignored'),
    isBlocked: isSet(element, 'blocked'),
    isManaged: booleanOf(attributes['managed']) ?? true,
    // Pacemaker 3 says `removed`.
    isOrphaned: isSet(element, 'orphaned') || isSet(element, 'removed'),
    pending: attributes['pending'],
    lockedTo: attributes['locked_to'],
  };
}

function bundleOf(element: Element, unclean: ReadonlySet<string>): CollectionState {
  const replicas = childrenOf(element, 'replica');
  return { ...collection(element, 'bundle'), members: replicas.flatMap((replica) => resourcesOf(replica, unclean)) };
}

function collection(element: Element, kind: CollectionState['kind']): Omit<CollectionState, 'members'> {
  const { attributes } = element;
  return {
    kind,
    id: attributes['id'] ?? '',
    isManaged: booleanOf(attributes['managed']) ?? true,
    isDisabled: booleanOf(attributes['disabled']),
    isFailed: isSet(element, 'failed'),
    isPromotable: isSet(element, 'multi_state'),
  };
}

function isSet({ attributes }: Element, name: string): boolean {
  return booleanOf(attributes[name]) ?? false;
}

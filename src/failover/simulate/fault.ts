/** Faults in words, and all there can be. */
import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Fault, World } from './model.ts';

const FORMS =
  'dies:NODE, returns:NODE, standby:NODE, cut:NODE, fence:DEVICE, monitor:RESOURCE, start:RESOURCE, stop:RESOURCE or quorum';

/** @throws {AppError} `usage` when there is no such fault, node, device or resource */
export function parseFault(text: string, world: World): Fault {
  const at = text.indexOf(':');
  const [kind, name] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  const among = (what: string, names: readonly string[]): string => expectName({ text, name, what }, names);
  const node = (): string =>
    among(
      'node',
      world.nodes.map((each) => each.name),
    );
  switch (kind) {
    case 'quorum':
      return { kind: 'quorum-lost' };
    case 'dies':
      return { kind: 'node-dies', node: node() };
    case 'returns':
      return { kind: 'node-returns', node: node() };
    case 'standby':
      return { kind: 'node-standby', node: node() };
    case 'cut':
      return { kind: 'link-cut', node: node() };
    case 'fence':
      return {
        kind: 'fence-dead',
        device: among(
          'fence device',
          world.devices.map(({ id }) => id),
        ),
      };
    case 'monitor':
    case 'start':
    case 'stop': {
      const names = world.resources.filter(({ isFence }) => !isFence).map(({ id }) => id);
      return { kind: 'resource-fails', resource: among('resource', names), operation: kind };
    }
    default:
      throw new AppError('usage', { detail: `${text} is no fault`, hint: `Give ${FORMS}.` });
  }
}

/** As `parseFault` reads it. */
export function formatFault(fault: Fault): string {
  switch (fault.kind) {
    case 'node-dies':
      return `dies:${fault.node}`;
    case 'node-returns':
      return `returns:${fault.node}`;
    case 'node-standby':
      return `standby:${fault.node}`;
    case 'link-cut':
      return `cut:${fault.node}`;
    case 'fence-dead':
      return `fence:${fault.device}`;
    case 'resource-fails':
      return `${fault.operation}:${fault.resource}`;
    case 'quorum-lost':
      return 'quorum';
  }
}

export function wordsOfFault(fault: Fault): string {
  switch (fault.kind) {
    case 'node-dies':
      return `${fault.node} dies`;
    case 'node-returns':
      return `${fault.node} dies and comes back`;
    case 'node-standby':
      return `${fault.node} goes to standby`;
    case 'link-cut':
      return `the links of ${fault.node} are cut`;
    case 'fence-dead':
      return `the fence device ${fault.device} is dead`;
    case 'resource-fails':
      return fault.operation === 'monitor'
        ? `${fault.resource} fails`
        : `${fault.resource} fails and does not ${fault.operation}`;
    case 'quorum-lost':
      return 'quorum is lost';
  }
}

/** Each single fault once. Members of clones are left out: they run elsewhere already. */
export function singleFaults(world: World): Fault[] {
  const nodes = world.nodes.filter(({ isOnline }) => isOnline).map(({ name }) => name);
  // Between two nodes there is one cut, whichever of them is named.
  const cut = nodes.length < 2 ? [] : nodes.length === 2 ? nodes.slice(0, 1) : nodes;
  const active = world.resources.filter(
    ({ id, isFence, isCloned }) => !isFence && !isCloned && (world.placement.get(id)?.length ?? 0) > 0,
  );
  return [
    ...nodes.map((node): Fault => ({ kind: 'node-dies', node })),
    ...nodes.map((node): Fault => ({ kind: 'node-returns', node })),
    ...nodes.map((node): Fault => ({ kind: 'node-standby', node })),
    ...cut.map((node): Fault => ({ kind: 'link-cut', node })),
    ...world.devices.map(({ id }): Fault => ({ kind: 'fence-dead', device: id })),
    ...active.flatMap(({ id: resource }) =>
      (['monitor', 'start', 'stop'] as const).map(
        (operation): Fault => ({ kind: 'resource-fails', resource, operation }),
      ),
    ),
    { kind: 'quorum-lost' },
  ];
}

/** Whether two can come together: not the same subject twice. A node that comes back is looked at alone. */
export function arePair(a: Fault, b: Fault): boolean {
  if (a.kind === 'node-returns' || b.kind === 'node-returns') return false;
  if ('node' in a && 'node' in b && a.node === b.node)
    return [a.kind, b.kind].includes('link-cut') && [a.kind, b.kind].includes('node-standby');
  if (a.kind === 'resource-fails' && b.kind === 'resource-fails') return a.resource !== b.resource;
  return a !== b;
}

function expectName(
  { text, name, what }: { text: string; name: string; what: string },
  names: readonly string[],
): string {
  if (names.includes(name)) return name;
  const [near] = nearest(name, names);
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : names.length === 0
        ? `There is none here.`
        : `There are: ${names.join(', ')}.`;
  throw new AppError('usage', { detail: `${text}: no ${what} ${name}`, hint });
}

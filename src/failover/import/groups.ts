/** Lines of haresources, or of a description, as groups that start and stop as before. */

import { AppError } from '../../base/errors.ts';
import { type cib, hideSecrets, type Place } from '../../cluster.ts';
import { claimOfAgent, claimOfScript } from '../claims.ts';
import { type Names, resourceName } from './ids.ts';
import type { MapOptions, Mapped } from './mapped.ts';
import type { ImportGroup, ImportResource, Notebook } from './model.ts';
import { mapScript, SCRIPTS } from './scripts.ts';
import { operationsOf, timingReason } from './timing.ts';

/** What the preferred node is worth. */
export const PREFERENCE_SCORE = 100;

export interface OldGroup {
  node: string;
  resources: readonly OldResource[];
  place: Place | undefined;
}

export interface OldResource {
  script: string;
  params: readonly string[];
  /** As it stands in its file. */
  text: string;
  place: Place | undefined;
  /** An agent with its parameters, which needs no mapping. */
  direct?: { agent: string; params: Readonly<Record<string, string>> };
}

export interface GroupParts {
  groups: ImportGroup[];
  resources: cib.PlainResource[];
  constraints: cib.PlainConstraint[];
}

export interface GroupContext {
  nodes: readonly string[];
  map: MapOptions;
  names: Names;
  notebook: Notebook;
}

export function planGroups(old: readonly OldGroup[], context: GroupContext): GroupParts {
  refuseTwice(old);
  const parts: GroupParts = { groups: [], resources: [], constraints: [] };
  for (const group of old) planGroup(group, context, parts);
  return parts;
}

/**
 * Mails and delays may well be in two groups; an array and its mount belong in one.
 * @throws {AppError} `config`: started in two places, a file system would be mounted twice
 */
function refuseTwice(old: readonly OldGroup[]): void {
  const seen = new Map<string, { group: OldGroup; resource: OldResource }>();
  for (const { group, resource } of old.flatMap((each) =>
    each.resources.map((one) => ({ group: each, resource: one })),
  )) {
    const { script, params, direct } = resource;
    const claim = direct === undefined ? claimOfScript(script, params) : claimOfAgent(script, direct.params);
    if (claim === undefined) continue;
    const before = seen.get(claim);
    seen.set(claim, { group, resource });
    if (before === undefined || (before.group === group && isMount(before.resource) !== isMount(resource))) continue;
    throw new AppError('config', {
      detail: hideSecrets(
        `${placeText(resource.place)}${resource.text}: ${claim} is in ${placeText(before.resource.place)}${before.resource.text} as well`,
      ),
      hint: 'Leave each device and each address in one group; holdfast ha lint tells more.',
    });
  }
}

function isMount({ script }: OldResource): boolean {
  return script === 'Filesystem' || script === 'Lustre';
}

function planGroup(old: OldGroup, context: GroupContext, parts: GroupParts): void {
  const { nodes, names, notebook } = context;
  const id = names.take(`group-${old.node}`);
  const members: cib.PlainPrimitive[] = [];
  const bound: cib.PlainConstraint[] = [];
  const at = notebook.explanations.length;
  const resources = old.resources.map((resource) => planResource(resource, { id, members, context, parts, bound }));
  const isComplete = resources.every(({ agent }) => agent !== undefined);
  const preferred = [old.node, ...nodes.filter((node) => node !== old.node)];
  parts.groups.push({ id, nodes: preferred, resources, isComplete, place: old.place });
  if (members.length === 0) {
    // Devices of DRBD alone: there is no group that they could follow.
    for (const { id: clone } of resources) if (clone !== undefined) parts.constraints.push(promotedOn(clone, old.node));
    return;
  }
  parts.constraints.push(...bound);
  const meta = isComplete ? {} : { meta: { 'target-role': 'Stopped' } };
  parts.resources.push({ kind: 'group', id, members, ...meta });
  parts.constraints.push({
    kind: 'location',
    id: `prefer-${id}`,
    resource: id,
    prefer: { node: old.node, score: PREFERENCE_SCORE },
  });
  const told = { place: old.place, was: `a line of ${old.resources.length}, started left to right` };
  notebook.explanations.splice(
    at,
    0,
    {
      about: id,
      ...told,
      becomes: `a group of ${members.map((member) => member.id).join(', ')}`,
      why:
        members.length === 1
          ? 'A group even of one, so that moves and standbys name the group, and what is added later changes nothing else.'
          : 'Members of a group start in this order, stop in the other, and stay on one node.',
    },
    {
      about: `prefer-${id}`,
      place: old.place,
      was: `${old.node} in front of the line`,
      becomes: `a preference of ${PREFERENCE_SCORE} for ${old.node}`,
      why: `A preference, not a must: ${preferred.slice(1).join(' or ')} takes over when ${old.node} is lost.`,
    },
  );
  if (isComplete) return;
  notebook.explanations.push({
    about: id,
    ...told,
    becomes: 'target-role=Stopped',
    why: 'Something in it has no equivalent (see there). What stands behind it must not start without it, so the group is kept stopped until it is complete.',
  });
}

interface ResourceContext {
  /** Of the group. */
  id: string;
  members: cib.PlainPrimitive[];
  context: GroupContext;
  parts: GroupParts;
  /** What ties the group to others. */
  bound: cib.PlainConstraint[];
}

function planResource(old: OldResource, { id, members, context, parts, bound }: ResourceContext): ImportResource {
  const { script, params, place, text, direct } = old;
  const { names, notebook } = context;
  const mapped: Mapped =
    direct === undefined
      ? mapScript(script, params, context.map)
      : { kind: 'agent', note: 'As it was described.', ...direct };
  const base = { script, params, place };
  if (mapped.kind === 'none') {
    notebook.unmapped.push({ what: text, place, why: `${script} ${mapped.why}`, instead: mapped.instead });
    return { id: undefined, agent: undefined, ...base };
  }
  if (mapped.kind === 'drbd') return { ...drbd(mapped.device, { old, id, context, parts, bound }), ...base };
  const { agent, note } = mapped;
  // A service goes by its own name, whatever its agent is given.
  const isService = direct === undefined && params.length === 0 && !Object.hasOwn(SCRIPTS, script);
  const own = names.take(isService ? script : resourceName(script, mapped.params));
  members.push({
    kind: 'primitive',
    id: own,
    agent,
    params: mapped.params,
    operations: operationsOf(agent, mapped.params),
  });
  const pairs = Object.entries(mapped.params).map(([name, value]) => `${name}=${value}`);
  notebook.explanations.push({
    about: own,
    place,
    was: text,
    becomes: [agent, ...pairs].join(' '),
    why: `${note} ${capital(timingReason(agent, mapped.params))}. Heartbeat had no limits and watched nothing.`,
  });
  return { id: own, agent, ...base };
}

/** Promoted where the group is, and before it starts, wherever in the line it stood. */
function drbd(
  device: string,
  { old, id, context, parts, bound }: Omit<ResourceContext, 'members'> & { old: OldResource },
): { id: string; agent: string } {
  const { names, notebook, nodes } = context;
  const agent = 'ocf:linbit:drbd';
  const own = names.take(`drbd-${device}`);
  const clone = names.take(`${own}-clone`);
  const operations: cib.PlainOperation[] = [
    { name: 'start', timeout: '240s' },
    { name: 'promote', timeout: '90s' },
    { name: 'demote', timeout: '90s' },
    { name: 'stop', timeout: '100s' },
    { name: 'monitor', interval: '29s', timeout: '20s', role: 'Master' },
    { name: 'monitor', interval: '31s', timeout: '20s', role: 'Slave' },
  ];
  const meta = {
    promotable: 'true',
    'promoted-max': '1',
    'promoted-node-max': '1',
    'clone-max': `${nodes.length}`,
    'clone-node-max': '1',
    notify: 'true',
  };
  const member = { kind: 'primitive', id: own, agent, params: { drbd_resource: device }, operations } as const;
  parts.resources.push({ kind: 'clone', id: clone, member, meta });
  bound.push(
    {
      kind: 'colocation',
      id: `${id}-with-${clone}`,
      resource: id,
      withResource: clone,
      withRole: 'Master',
      score: 'INFINITY',
    },
    { kind: 'order', id: `${clone}-before-${id}`, first: clone, firstAction: 'promote', next: id, nextAction: 'start' },
  );
  notebook.explanations.push({
    about: clone,
    place: old.place,
    was: old.text,
    becomes: `a promotable clone of ${agent} drbd_resource=${device}, promoted where its group is, before that starts`,
    why:
      'It runs on both nodes and is primary on one. The agent comes with DRBD (drbd-utils). DRBD must not be started at boot ' +
      'any more, and needs its own fencing (fencing resource-and-stonith, crm-fence-peer) in place of dopd.',
  });
  return { id: clone, agent };
}

function promotedOn(clone: string, node: string): cib.PlainConstraint {
  return {
    kind: 'location',
    id: `prefer-${clone}`,
    resource: clone,
    role: 'Master',
    prefer: { node, score: PREFERENCE_SCORE },
  };
}

function placeText(place: Place | undefined): string {
  return place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

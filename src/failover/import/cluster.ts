/** The part that does not care where a description came from: an old cluster in plain values becomes a new one. */
import type { corosync, Place, stonith } from '../../cluster.ts';
import { planFencing } from './fencing.ts';
import { type OldGroup, PREFERENCE_SCORE, planGroups } from './groups.ts';
import { newNames } from './ids.ts';
import type { MapOptions } from './mapped.ts';
import { type ImportOptions, type ImportPlan, type Notebook, shownOf } from './model.ts';
import { type OldPings, planPings } from './pings.ts';
import { type OldTimes, planTimes } from './times.ts';

export interface OldCluster {
  clusterName: string;
  nodes: readonly corosync.PlainCorosyncNode[];
  times: OldTimes;
  failback: { value: 'on' | 'off'; was: string; place: Place | undefined; why: string };
  groups: readonly OldGroup[];
  pings: OldPings;
  fence: stonith.FencePlan;
  map: MapOptions;
}

/** Of a running member: more than the preference, so that groups stay, and finite, so that lost connections still move them. */
const STICKINESS = 2 * PREFERENCE_SCORE;

export function planCluster(
  old: OldCluster,
  { options, notebook }: { options: ImportOptions; notebook: Notebook },
): ImportPlan {
  const nodes = old.nodes.map(({ name }) => name);
  const names = newNames();
  const times = planTimes(old.times, { nodes: nodes.length, options, notebook });
  const fencing = planFencing(old.fence, { nodes, notebook });
  // The ids of the devices are settled.
  for (const { device } of fencing.fencing) names.take(device.id);
  const groups = planGroups(old.groups, { nodes, map: old.map, names, notebook });
  const stickiness = old.failback.value === 'on' ? 0 : STICKINESS;
  tellFailback(old.failback, stickiness, notebook);
  const inCib = groups.resources.flatMap((each) => (each.kind === 'group' ? [each] : []));
  const pings = planPings(old.pings, {
    groups: inCib.map(({ id, members }) => ({ id, members: members.length })),
    stickiness,
    preference: PREFERENCE_SCORE,
    names,
    notebook,
  });
  tellQuorum(nodes, notebook);
  return {
    clusterName: old.clusterName,
    corosync: {
      clusterName: old.clusterName,
      nodes: old.nodes,
      tokenMs: times.tokenMs,
      ...(times.waitForAll === undefined ? {} : { waitForAll: times.waitForAll }),
    },
    // Pacemaker adds the nodes by itself, from the node list of corosync.
    cib: {
      properties: {
        'stonith-enabled': 'true',
        'stonith-action': 'reboot',
        'no-quorum-policy': 'stop',
        ...(times.dcDeadtimeMs === undefined ? {} : { 'dc-deadtime': `${times.dcDeadtimeMs / 1000}s` }),
      },
      resourceDefaults: { 'resource-stickiness': `${stickiness}` },
      resources: [...pings.resources, ...groups.resources],
      constraints: [...fencing.constraints, ...groups.constraints, ...pings.constraints],
    },
    fencing: fencing.fencing,
    groups: groups.groups,
    failback: old.failback.value,
    ...shownOf(notebook),
  };
}

function tellFailback(
  { value, was, place, why }: OldCluster['failback'],
  stickiness: number,
  { explanations }: Notebook,
): void {
  const becomes = `resource-stickiness=${stickiness}`;
  const how =
    value === 'on'
      ? `Nothing speaks for staying, so the preference of ${PREFERENCE_SCORE} moves a group back as soon as its node is there: one more interruption, and again and again with a node that fails again and again.`
      : `Each member that runs is worth ${stickiness} to its node, more than the preference of ${PREFERENCE_SCORE}: a group stays where it is until somebody moves it (holdfast ha failback). Not INFINITY, so that a lost network can still move it.`;
  explanations.push({ about: 'resource-stickiness', place, was, becomes, why: `${why}${how}` });
}

function tellQuorum(nodes: readonly string[], { explanations }: Notebook): void {
  const isPair = nodes.length === 2;
  explanations.push({
    about: 'quorum',
    place: undefined,
    was: 'no quorum in Heartbeat',
    becomes: isPair ? 'two_node: 1, no-quorum-policy=stop' : 'no-quorum-policy=stop',
    why: isPair
      ? 'One of two nodes has quorum alone, so that it can take over; what keeps both from running the same is fencing, and nothing else.'
      : 'A part of the cluster that has lost the majority stops what it runs.',
  });
}

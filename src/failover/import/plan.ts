/** From the three files of Heartbeat to a new cluster. */

import { AppError } from '../../base/errors.ts';
import { type corosync, heartbeat, type Place, type SyntaxProblem, stonith } from '../../cluster.ts';
import { planCluster } from './cluster.ts';
import { MOVERS, programOf, tellDirectives } from './directives.ts';
import { withPowerman } from './fencing.ts';
import type { OldGroup } from './groups.ts';
import { planMembership } from './membership.ts';
import {
  type Explanation,
  type ImportInput,
  type ImportPlan,
  type Notebook,
  newNotebook,
  shownOf,
  type Unmapped,
} from './model.ts';
import type { OldPings } from './pings.ts';
import { type OldTimes, planTimes, type Timed } from './times.ts';

/**
 * Pure. Every directive and every resource of the input is in an explanation or among the unmapped.
 * @throws {AppError} `config` when the files cannot be understood, contradict each other, or are not in use (crm on)
 */
export function planImport(input: ImportInput): ImportPlan {
  const { cf, haresources, options = {} } = input;
  const settings = heartbeat.settingsOf(cf);
  expectUsable(input, settings);
  const notebook = newNotebook();
  const { nodes } = settings;
  const members = planMembership(
    { nodes, media: settings.media, given: lowered(input.addresses), resolved: lowered(input.resolved) },
    notebook,
  );
  const survivor = options.survivor?.toLowerCase();
  const lines = stonith.fenceDevicesOf(settings.stonith, nodes, {
    ...(input.configText === undefined ? {} : { configText: input.configText }),
    ...(survivor === undefined ? {} : { survivor }),
  });
  const fence = withPowerman(lines, input.powerman, { nodes, survivor });
  tellDirectives(cf, notebook);
  tellCluster(cf, notebook);
  tellKeys(input, notebook);
  return planCluster(
    {
      clusterName: options.clusterName ?? clusterNameOf(cf) ?? `ha-${nodes[0]}`,
      nodes: members,
      times: timesOf(cf, settings),
      failback: failbackOf(cf, settings),
      groups: haresources.groups.map(groupOf),
      pings: pingsOf(settings),
      fence,
      map: {
        lustreAgent: options.lustreAgent ?? 'filesystem',
        scripts: input.scripts ?? {},
        services: input.services ?? {},
      },
    },
    { options, notebook },
  );
}

export interface MembershipPlan {
  corosync: corosync.PlainCorosync;
  explanations: readonly Explanation[];
  unmapped: readonly Unmapped[];
}

/**
 * Of an `ha.cf` only what becomes corosync.conf: for a cluster whose resources are in a CIB already.
 * @throws {AppError} `config` as `planImport`
 */
export function planCorosync({ cf, options = {}, ...input }: Omit<ImportInput, 'haresources'>): MembershipPlan {
  const [problem, ...more] = cf.problems;
  if (problem !== undefined) throw notUnderstood(problem, more.length);
  const settings = heartbeat.settingsOf(cf);
  if (settings.nodes.length === 0)
    throw new AppError('config', {
      detail: `${cf.file}: it names no nodes`,
      hint: 'Add node lines, as with autojoin.',
    });
  const notebook = newNotebook();
  const { nodes, media } = settings;
  const given = { given: lowered(input.addresses), resolved: lowered(input.resolved) };
  const members = planMembership({ nodes, media, ...given }, notebook);
  tellDirectives(cf, notebook);
  tellCluster(cf, notebook);
  tellKeys({ cf, authkeys: input.authkeys }, notebook);
  const times = planTimes(timesOf(cf, settings), { nodes: nodes.length, options, notebook });
  const clusterName = options.clusterName ?? clusterNameOf(cf) ?? `ha-${nodes[0]}`;
  const plain = { clusterName, nodes: members, tokenMs: times.tokenMs };
  const { waitForAll } = times;
  return { corosync: waitForAll === undefined ? plain : { ...plain, waitForAll }, ...shownOf(notebook) };
}

function expectUsable({ cf, haresources, options }: ImportInput, settings: heartbeat.HaSettings): void {
  // The keys are not taken over, and what is wrong with them is for lint to tell.
  const [problem, ...more] = [...cf.problems, ...haresources.problems];
  if (problem !== undefined) throw notUnderstood(problem, more.length);
  const { nodes, crm } = settings;
  const wrong = (place: Place, text: string, hint: string): AppError =>
    new AppError('config', { detail: `${place.file}:${place.line}: ${text}`, hint });
  if (crm !== undefined && crm !== 'off')
    throw wrong(
      lastOf(cf, 'crm', 'pacemaker')?.place ?? top(cf.file),
      `crm ${crm}: the configuration in use is a cib.xml, and haresources is not looked at`,
      'Import the cib.xml of that cluster: cibadmin -Q, or /var/lib/heartbeat/crm/cib.xml',
    );
  if (nodes.length !== 2)
    throw wrong(
      lastOf(cf, 'node')?.place ?? top(cf.file),
      `${nodes.length} nodes; Heartbeat with haresources runs on two`,
      'Name both nodes in ha.cf. Clusters of more can be described in holdfast.yaml, under failover.',
    );
  const stranger = haresources.groups.find(({ node }) => !nodes.includes(node));
  if (stranger !== undefined)
    throw wrong(stranger.place, `${stranger.node} is no node of ${cf.file}`, `Nodes are ${nodes.join(', ')}.`);
  if (haresources.groups.length === 0)
    throw wrong(top(haresources.file), 'there is no resource in it', 'Give the haresources that is in use.');
  const survivor = options?.survivor?.toLowerCase();
  if (survivor !== undefined && !nodes.includes(survivor))
    throw wrong(top(cf.file), `${survivor} is no node of it`, `Nodes are ${nodes.join(', ')}.`);
}

function notUnderstood({ place, text, remedy }: SyntaxProblem, more: number): AppError {
  const rest = more === 0 ? '' : ` (and ${more} more)`;
  return new AppError('config', {
    detail: `${place.file}:${place.line}:${place.column}: ${text}${rest}`,
    hint: `Nothing is imported from files that are only half understood; holdfast ha lint tells all of it. ${remedy}`,
  });
}

function timesOf(cf: heartbeat.HaCf, settings: heartbeat.HaSettings): OldTimes {
  const timed = (ms: number | undefined, name: string): Timed => ({ ms, place: lastOf(cf, name)?.place });
  return {
    keepalive: timed(settings.keepaliveMs, 'keepalive'),
    warntime: timed(settings.warntimeMs, 'warntime'),
    deadtime: timed(settings.deadtimeMs, 'deadtime'),
    initdead: timed(settings.initdeadMs, 'initdead'),
  };
}

/** Heartbeat takes `legacy` when nothing is said, and warns. */
function failbackOf(cf: heartbeat.HaCf, { autoFailback = 'legacy' }: heartbeat.HaSettings) {
  const given = lastOf(cf, 'auto_failback', 'nice_failback');
  const value = autoFailback === 'off' ? 'off' : 'on';
  const was = given === undefined ? 'no auto_failback' : `${given.name} ${given.args.join(' ')}`;
  const why =
    autoFailback === 'legacy'
      ? `${given === undefined ? 'Heartbeat takes legacy then, which' : 'legacy'} goes back at once when the preferred node starts, as on does. `
      : '';
  return { value, was, place: given?.place, why } as const;
}

function groupOf({ node, resources, place }: heartbeat.HaGroup): OldGroup {
  return {
    node,
    place,
    resources: resources.map((resource) => ({ ...resource, text: heartbeat.formatResource(resource) })),
  };
}

function pingsOf({ ping, deadpingMs, respawn }: heartbeat.HaSettings): OldPings {
  const mover = respawn.find(({ command }) => MOVERS.includes(programOf(command[0] ?? '')));
  return {
    pings: ping,
    deadpingMs,
    mover: mover === undefined ? undefined : { name: programOf(mover.command[0]!), place: mover.place },
  };
}

function clusterNameOf(cf: heartbeat.HaCf): string | undefined {
  const name = lastOf(cf, 'cluster')?.args.at(-1);
  return name !== undefined && /^[\w.-]+$/.test(name) ? name : undefined;
}

function tellCluster(cf: heartbeat.HaCf, { explanations }: Notebook): void {
  const told = heartbeat.directivesOf(cf);
  const nodes = told.filter(({ name }) => name === 'node');
  explanations.push({
    about: 'nodes',
    place: nodes[0]?.place,
    was: nodes.map(({ args }) => `node ${args.join(' ')}`).join(', '),
    becomes: 'a node list with ids 1, 2 in this order',
    why: 'Names in small letters, as Heartbeat knows them. An id stays with its node for ever.',
  });
  for (const { name, args, place } of told.filter((each) => each.name === 'cluster'))
    explanations.push({
      about: 'cluster_name',
      place,
      was: `${name} ${args.join(' ')}`,
      becomes: clusterNameOf(cf) === undefined ? 'a name of the first node' : `cluster_name: ${clusterNameOf(cf)}`,
      why: 'It tells clusters on one network apart.',
    });
  for (const { name, args, place } of told.filter((each) => each.name === 'crm' || each.name === 'pacemaker'))
    explanations.push({
      about: 'crm',
      place,
      was: `${name} ${args.join(' ')}`,
      becomes: 'Pacemaker',
      why: 'Heartbeat ran by haresources; from now on Pacemaker decides.',
    });
  for (const { args, place } of told.filter((each) => each.name === 'deadping'))
    explanations.push({
      about: 'deadping',
      place,
      was: `deadping ${args.join(' ')}`,
      becomes: 'dampen of the ping resource',
      why: 'What remains of it after one interval and all attempts; nothing without ping nodes.',
    });
}

/** No secret of the old cluster is in any text here: only numbers and methods. */
function tellKeys({ authkeys }: Pick<ImportInput, 'cf' | 'authkeys'>, { explanations }: Notebook): void {
  const active = authkeys?.keys.find(({ id }) => id === authkeys.active);
  const was = active === undefined ? 'authkeys' : `key ${active.id}, ${active.method || 'of an unknown method'}`;
  explanations.push({
    about: 'authkey',
    place: active?.place,
    was,
    becomes: '256 random bytes, aes256 and sha256',
    why:
      active?.method === 'crc'
        ? 'crc protects from nobody. The new cluster signs and encrypts what it sends.'
        : 'A new key: the old one is a short text that people know and that signed without encrypting, and while both clusters are at hand neither should be able to speak for the other.',
  });
}

function lastOf(cf: heartbeat.HaCf, ...names: string[]): heartbeat.HaDirective | undefined {
  return heartbeat.directivesOf(cf).findLast(({ name }) => names.includes(name));
}

function top(file: string): Place {
  return { file, line: 1, column: 1 };
}

function lowered(of: Readonly<Record<string, readonly string[]>> | undefined): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(of ?? {}).map(([name, values]) => [name.toLowerCase(), values]));
}

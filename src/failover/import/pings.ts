/** Ping nodes, and what `ipfail` or `pingd` made of them. */
import type { cib, Place } from '../../cluster.ts';
import type { Names } from './ids.ts';
import type { Notebook } from './model.ts';

export interface OldPings {
  pings: readonly {
    kind: 'ping' | 'ping_group' | 'hbaping';
    name: string;
    addresses: readonly string[];
    place: Place | undefined;
  }[];
  deadpingMs: number | undefined;
  /** The program that moved groups; undefined when there was none. */
  mover: { name: string; place: Place | undefined } | undefined;
}

export interface PingContext {
  groups: readonly { id: string; members: number }[];
  /** What a member that runs is worth to its node. */
  stickiness: number;
  preference: number;
  names: Names;
  notebook: Notebook;
}

export interface PingParts {
  resources: cib.PlainResource[];
  constraints: cib.PlainConstraint[];
}

/** The agent tries so often, waits so long for each answer, and is asked so often (ocf:pacemaker:ping). */
const ATTEMPTS = 3;
const TIMEOUT_S = 2;
const INTERVAL_S = 10;
/** Until a change is believed, in which the other nodes see theirs too. */
const DAMPEN_S_MIN = 5;
const WEIGHT_STEP = 1_000;

export function planPings(old: OldPings, context: PingContext): PingParts {
  const { notebook, names } = context;
  const parts: PingParts = { resources: [], constraints: [] };
  for (const { name, place } of old.pings.filter(({ kind }) => kind === 'hbaping'))
    notebook.unmapped.push({
      what: `hbaping ${name}`,
      place,
      why: 'nothing asks a Fibre Channel adapter for its targets any more',
      instead: 'let the monitor of each Filesystem find a lost path: OCF_CHECK_LEVEL=20 reads and writes on the device',
    });
  const singles = old.pings.filter(({ kind }) => kind === 'ping');
  const groups = old.pings.filter(({ kind }) => kind === 'ping_group');
  const weight = weightOf(context);
  if (singles.length > 0) {
    const watched = { names, id: 'ping', attribute: 'pingd', multiplier: weight };
    parts.resources.push(
      pingClone(
        singles.flatMap(({ addresses }) => addresses),
        { ...watched, old },
      ),
    );
    note(old, { ...context, what: singles, becomes: `ping-clone, attribute pingd: ${weight} for each that answers` });
    if (old.mover !== undefined) parts.constraints.push(...rules(context, 'pingd', SCORE_OF_ATTRIBUTE));
  }
  for (const group of groups) {
    const attribute = `pingd-${group.name}`;
    parts.resources.push(
      pingClone(group.addresses, { names, id: `ping-${group.name}`, attribute, multiplier: 1, old }),
    );
    note(old, { ...context, what: [group], becomes: `ping-${group.name}-clone, worth ${weight} when any answers` });
    if (old.mover !== undefined) parts.constraints.push(...rules(context, attribute, weight));
  }
  if (old.mover !== undefined) noteMover(old.mover, { context, weight, any: singles.length + groups.length > 0 });
  return parts;
}

/** More than all that speaks for staying, so that the better connected node wins as with ipfail. */
function weightOf({ groups, stickiness, preference }: PingContext): number {
  const most = Math.max(1, ...groups.map(({ members }) => members)) * stickiness + preference;
  return (Math.floor(most / WEIGHT_STEP) + 1) * WEIGHT_STEP;
}

interface Watched {
  names: Names;
  id: string;
  attribute: string;
  multiplier: number;
  old: OldPings;
}

function pingClone(addresses: readonly string[], { names, id, attribute, multiplier, old }: Watched): cib.PlainClone {
  const own = names.take(id);
  const params = {
    host_list: addresses.join(' '),
    name: attribute,
    multiplier: `${multiplier}`,
    attempts: `${ATTEMPTS}`,
    timeout: `${TIMEOUT_S}`,
    dampen: `${dampenOf(old)}s`,
  };
  const limit = `${Math.max(60, addresses.length * ATTEMPTS * TIMEOUT_S + 10)}s`;
  const operations = [
    { name: 'start', timeout: limit },
    { name: 'stop', timeout: '20s' },
    { name: 'monitor', interval: `${INTERVAL_S}s`, timeout: limit },
  ];
  const member = { kind: 'primitive', id: own, agent: 'ocf:pacemaker:ping', params, operations } as const;
  return { kind: 'clone', id: names.take(`${own}-clone`), member, meta: { interleave: 'true' } };
}

/** What is left of deadping after the next look and all attempts. */
function dampenOf({ deadpingMs }: OldPings): number {
  const beforeS = INTERVAL_S + ATTEMPTS * TIMEOUT_S;
  return Math.max(DAMPEN_S_MIN, Math.round((deadpingMs ?? 0) / 1000) - beforeS);
}

const SCORE_OF_ATTRIBUTE = 'attribute';

function rules(
  { groups, names }: PingContext,
  attribute: string,
  weight: number | typeof SCORE_OF_ATTRIBUTE,
): cib.PlainConstraint[] {
  return groups.map(({ id }) => ({
    kind: 'location',
    id: names.take(`${attribute}-${id}`),
    resource: id,
    prefer: {
      rules: [
        weight === SCORE_OF_ATTRIBUTE
          ? { score: { attribute }, expressions: [{ kind: 'attribute', attribute, operation: 'defined' }] }
          : {
              score: weight,
              expressions: [{ kind: 'attribute', attribute, operation: 'gt', value: '0', type: 'number' }],
            },
      ],
    },
  }));
}

function note(old: OldPings, told: PingContext & { what: OldPings['pings']; becomes: string }): void {
  const { notebook, what, becomes } = told;
  const [first] = what;
  const was = what.map(({ kind, name, addresses }) =>
    kind === 'ping' ? `ping ${name}` : `ping_group ${name} ${addresses.join(' ')}`,
  );
  const found = `A host that no longer answers is believed gone after at most ${INTERVAL_S + ATTEMPTS * TIMEOUT_S + dampenOf(old)} s`;
  const deadping = old.deadpingMs === undefined ? '' : ` (deadping was ${old.deadpingMs / 1000} s)`;
  const why =
    old.mover === undefined
      ? 'Neither ipfail nor pingd was started, so Heartbeat moved nothing by it; it is shown, and moves nothing here either.'
      : 'A rule for each group prefers the node that reaches more.';
  notebook.explanations.push({
    about: 'ping',
    place: first?.place,
    was: was.join(', '),
    becomes,
    why: `${why} ${found}${deadping}.`,
  });
}

function noteMover(
  { name, place }: NonNullable<OldPings['mover']>,
  { context, weight, any }: { context: PingContext; weight: number; any: boolean },
): void {
  const { notebook, stickiness, preference } = context;
  notebook.explanations.push({
    about: name,
    place,
    was: `respawn … ${name}`,
    becomes: any ? `rules with ${weight}` : 'nothing, as there are no ping nodes',
    why: any
      ? `More than the preference (${preference}) and the stickiness (${stickiness} for each member) together: as with ${name}, the node that reaches more gets the groups, and when both lose as much, nothing moves.`
      : `${name} compares what the nodes reach, and they were told to reach nothing.`,
  });
}

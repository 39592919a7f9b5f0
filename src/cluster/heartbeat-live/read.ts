/**
 * The state of a Heartbeat cluster in version 1 mode, by cl_status(1): nodes, paths between them, and whether this side
 * has its own resources, the peer's, both or none. It knows neither quorum nor failures.
 */
import { AppError } from '../../base/errors.ts';
import { type ReadOptions, type Seat, saidOf, type ToolAnswer } from '../pacemaker/tool.ts';
import type { ClusterState, Gap, LinkState, NodeState, PingState, ResourceState } from '../state.ts';
import { checkInstalled, type HeartbeatLook, lookAtHeartbeat } from './look.ts';

/** What `rscstatus` says of the asked side. */
export type Holding = 'none' | 'local' | 'foreign' | 'all' | 'transition';
const HOLDINGS: readonly string[] = ['none', 'local', 'foreign', 'all', 'transition'];

/**
 * @throws {AppError} `cluster-down` when Heartbeat does not run there, `cluster-denied`, `cluster-unclear`,
 * `command-missing`, `command-timeout`, and what reaching the machine throws
 */
export async function readHeartbeat(seat: Seat, options: ReadOptions): Promise<ClusterState> {
  return stateOfLook(await lookAtHeartbeat(seat, options), seat, options);
}

/** @throws as `readHeartbeat` */
export function stateOfLook(look: HeartbeatLook, seat: Seat, { clock }: ReadOptions): ClusterState {
  checkInstalled(look, seat);
  const ask: Ask = (...args) => look.answerTo('cl_status', ...args);
  checkRunning(seat, ask);
  const own = ownName(seat, look);
  const normal = namesOf(seat, ask, '-n');
  const ping = namesOf(seat, ask, '-p');
  if (normal.length === 0) throw unclear(seat, 'listnodes', 'no node is listed');
  const gaps: Gap[] = [{ what: 'failures and fencing history', why: 'Heartbeat keeps none; see its log' }];
  const nodes = normal.map((name) => nodeOf(seat, ask, name));
  const holding = holdingOf(seat, ask, gaps);
  return {
    ...EMPTY,
    atMs: clock.nowMs(),
    from: seat.name,
    node: own,
    nodes,
    pings: ping.map((name) => pingOf(seat, ask, name)),
    links: [...normal, ...ping].flatMap((name) => linksOf(seat, ask, name)),
    resources: holding === undefined ? [] : resourcesOf(own, nodes, holding),
    gaps,
  };
}

type Ask = (...args: string[]) => ToolAnswer;

const EMPTY = {
  kind: 'heartbeat',
  answer: { program: 'cl_status', dialect: 'cl_status', version: undefined },
  stack: 'heartbeat',
  dc: undefined,
  hasQuorum: undefined,
  options: {
    fencesNodes: undefined,
    noQuorumPolicy: undefined,
    isInMaintenance: undefined,
    stopsAllResources: undefined,
    isSymmetric: undefined,
  },
  failures: [],
  failCounts: [],
  moves: [],
  bans: [],
  fencing: undefined,
  filesystems: [],
} as const satisfies Partial<ClusterState>;

function checkRunning(seat: Seat, ask: Ask): void {
  const answer = ask('hbstatus');
  const said = `${answer.text} ${answer.errorText}`;
  if (answer.exitCode === 0 && /is running/i.test(said)) return;
  const detail = `Heartbeat on ${seat.name}: ${saidOf(answer) || `cl_status ended with exit code ${answer.exitCode}`}`;
  throw new AppError(/refuses my connection/i.test(said) ? 'cluster-denied' : 'cluster-down', { detail });
}

/** Heartbeat takes the name of the machine (ha.cf(5), node). */
function ownName(seat: Seat, look: HeartbeatLook): string {
  const answer = look.answerTo('uname', '-n');
  const name = answer.text.trim();
  if (answer.exitCode !== 0 || name === '') throw unclear(seat, 'uname -n', saidOf(answer));
  return name;
}

function namesOf(seat: Seat, ask: Ask, kind: '-n' | '-p'): string[] {
  const answer = ask('listnodes', kind);
  if (answer.exitCode !== 0) throw unclear(seat, 'listnodes', saidOf(answer));
  return wordsOf(answer.text);
}

/** `active` is up, `up` is starting, `dead` is gone; of ping nodes `ping` is reached. */
function nodeStatus(seat: Seat, ask: Ask, name: string): string {
  const answer = ask('nodestatus', name);
  // The exit code tells of the node, not of the question.
  const status = wordsOf(answer.text)[0];
  if (status === undefined) throw unclear(seat, `nodestatus ${name}`, saidOf(answer) || 'nothing was said');
  return status;
}

function nodeOf(seat: Seat, ask: Ask, name: string): NodeState {
  const status = nodeStatus(seat, ask, name);
  return {
    name,
    id: name,
    kind: 'member',
    isOnline: status === 'active',
    isDc: false,
    isUnclean: false,
    isStandby: false,
    isStandbyOnFail: false,
    isInMaintenance: false,
    isPending: status === 'up' || status === 'init',
    isShuttingDown: false,
    health: undefined,
    resourcesRunning: undefined,
    attributes: [],
  };
}

function pingOf(seat: Seat, ask: Ask, name: string): PingState {
  return { name, isReached: nodeStatus(seat, ask, name) === 'ping' };
}

function linksOf(seat: Seat, ask: Ask, node: string): LinkState[] {
  const listed = ask('listhblinks', node);
  // A node that was never heard of has none.
  if (listed.exitCode !== 0) return [];
  return wordsOf(listed.text).map((link) => {
    const status = wordsOf(ask('hblinkstatus', node, link).text)[0];
    if (status === undefined) throw unclear(seat, `hblinkstatus ${node} ${link}`, 'nothing was said');
    return { node, link, isUp: status === 'up' };
  });
}

/** Without an answer a gap, as version 2 configurations (`crm on`) have no such thing. */
function holdingOf(seat: Seat, ask: Ask, gaps: Gap[]): Holding | undefined {
  const answer = ask('rscstatus');
  const [word] = wordsOf(answer.text);
  if (word !== undefined && HOLDINGS.includes(word)) return word as Holding;
  gaps.push({ what: 'resources', why: `cl_status rscstatus on ${seat.name}: ${saidOf(answer) || 'nothing was said'}` });
  return undefined;
}

/**
 * Heartbeat speaks of all groups of a node at once. What this side does not hold, the peer may: that is `Unknown` until
 * the peer was asked as well.
 */
function resourcesOf(own: string, nodes: readonly NodeState[], holding: Holding): ResourceState[] {
  return nodes.map(({ name }) => {
    const isHeld = holding === 'all' || holding === (name === own ? 'local' : 'foreign');
    return {
      kind: 'primitive',
      id: `groups of ${name}`,
      agent: 'heartbeat:haresources',
      role: isHeld ? 'Started' : 'Unknown',
      targetRole: undefined,
      nodes: isHeld ? [own] : [],
      isActive: isHeld,
      isUncertain: false,
      isFailed: false,
      isFailureIgnored: false,
      isBlocked: false,
      isManaged: true,
      isOrphaned: false,
      pending: holding === 'transition' ? 'Changing' : undefined,
      lockedTo: undefined,
    };
  });
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function unclear({ name }: Seat, question: string, why: string): AppError {
  return new AppError('cluster-unclear', { detail: `cl_status ${question} on ${name}: ${why}` });
}

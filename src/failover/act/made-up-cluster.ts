/** A made-up pair for tests of the executor: a small state machine with faults, beside the real clusters of the lab. */
import { AppError } from '../../base/errors.ts';
import type { cib, pacemakerAct, state } from '../../cluster.ts';
import { sampleNode, samplePrimitive, sampleState } from '../sample-state.ts';
import type { ActingCluster } from './cluster.ts';
import type { Change, Situation } from './model.ts';

export interface Faults {
  /** The order is not taken. */
  refuses?: boolean;
  /** The order fails, and nobody knows what came of it. */
  breaks?: boolean;
  /** Nothing ever ends. */
  neverSettles?: boolean;
  /** Starts on the new node before it stopped on the old. */
  startsTwice?: boolean;
  /** The new node dies while it is at it. */
  targetDies?: boolean;
  /** The old node is shot while it is at it, and everything goes on. */
  sourceShot?: boolean;
  /** Another changes the CIB right before this order (1 is the first). */
  changedBefore?: number;
  /** A node whose mounts nobody can read. */
  silent?: string;
  /** Says that it is started, and has mounted nothing. */
  mountsNothing?: boolean;
  /** Mounts stay on the node that gave it up. */
  staysMounted?: boolean;
  /** Cannot be asked for this many times after an order. */
  awayReads?: number;
  /** Looks at it until it is done. */
  slowness?: number;
  /** A constraint that no order can remove. */
  clearFails?: boolean;
}

const RESOURCES = ['ost0', 'ost1'] as const;

/** `ost0` prefers n1, `ost1` n2, and each has a filesystem. */
export class MadeUpCluster implements ActingCluster {
  readonly changes: Change[] = [];
  readonly #faults: Faults;
  readonly #where = new Map<string, string[]>([
    ['ost0', ['n1']],
    ['ost1', ['n2']],
  ]);
  readonly #next = new Map<string, string>();
  readonly #moves = new Map<string, string>();
  readonly #standby = new Set<string>();
  readonly #dead = new Set<string>();
  readonly #mounted: [resource: string, node: string][] = [
    ['ost0', 'n1'],
    ['ost1', 'n2'],
  ];
  readonly #stickiness: number;
  #epoch = 20;
  #awayReads = 0;
  #left = 0;

  constructor(faults: Faults = {}, { stickiness = 0 }: { stickiness?: number } = {}) {
    this.#faults = faults;
    this.#stickiness = stickiness;
  }

  async read(): Promise<Situation> {
    if (this.#awayReads > 0) {
      this.#awayReads--;
      throw new AppError('cluster-down', { detail: 'crm_mon on n1: no DC yet' });
    }
    return { state: this.#state(), cib: this.#cib() };
  }

  async change(change: Change): Promise<void> {
    this.changes.push(change);
    const { refuses, breaks, targetDies, changedBefore, awayReads = 0, slowness = 1 } = this.#faults;
    if (refuses) throw new AppError('refused', { detail: 'crm_resource --move on n1: no such object' });
    if (breaks) throw new AppError('command-timeout', { detail: 'crm_resource on n1, after 60 s' });
    if (changedBefore === this.changes.length) this.#epoch++;
    this.#apply(change);
    this.#epoch++;
    this.#awayReads = awayReads;
    this.#left = slowness;
    if (this.#faults.sourceShot && change.kind === 'move') this.#dead.add(change.node === 'n1' ? 'n2' : 'n1');
    if (targetDies && change.kind === 'move') {
      this.#dead.add(change.node);
      this.#next.delete(change.resource);
    }
  }

  async wait(): Promise<boolean> {
    if (this.#faults.neverSettles) return false;
    if (--this.#left > 0) return false;
    for (const [resource, node] of this.#next) this.#arrive(resource, node);
    this.#next.clear();
    return true;
  }

  async mounts(node: string): Promise<pacemakerAct.NodeMounts> {
    if (node === this.#faults.silent) throw new AppError('host-unreachable', { detail: `${node}: No route to host` });
    const own = this.#mounted.filter(([, at]) => at === node);
    const mounts = own.map(([id]) => ({
      device: `/dev/${id}`,
      directory: `/mnt/${id}`,
      type: 'ext4',
      isReadOnly: false,
    }));
    return { mounts, targets: new Map() };
  }

  async judgeConfiguration() {
    return { outcome: 'met' as const, text: 'as the file says' };
  }

  #apply(change: Change): void {
    if (change.kind === 'move') {
      this.#moves.set(change.resource, change.node);
      this.#next.set(change.resource, change.node);
    } else if (change.kind === 'clear') {
      if (!this.#faults.clearFails) this.#moves.delete(change.resource);
      if (this.#stickiness === 0) this.#next.set(change.resource, homeOf(change.resource));
    } else if (change.kind === 'standby') {
      this.#standby.add(change.node);
      for (const [id, [at]] of this.#where)
        if (at === change.node) this.#next.set(id, change.node === 'n1' ? 'n2' : 'n1');
    } else if (change.kind === 'unstandby') this.#standby.delete(change.node);
  }

  #arrive(resource: string, node: string): void {
    const { startsTwice, mountsNothing, staysMounted } = this.#faults;
    const before = this.#where.get(resource)!;
    this.#where.set(resource, startsTwice ? [...before, node] : [node]);
    if (!staysMounted && !startsTwice)
      for (let at = this.#mounted.length - 1; at >= 0; at--)
        if (this.#mounted[at]![0] === resource) this.#mounted.splice(at, 1);
    if (!mountsNothing) this.#mounted.push([resource, node]);
  }

  #state(): state.ClusterState {
    const names = ['n1', 'n2'];
    const moves = [...this.#moves].map(([resource, node]): state.MoveConstraint => {
      return { id: `cli-prefer-${resource}`, resource, kind: 'prefer', node, score: 'INFINITY', until: undefined };
    });
    return sampleState({
      nodes: names.map((name) => this.#node(name)),
      resources: RESOURCES.map((id) => this.#resource(id)),
      moves,
      fencing: [...this.#dead].map((target) => shotAt(target)),
      filesystems: RESOURCES.map((id) => ({
        resource: id,
        device: `/dev/${id}`,
        mountpoint: `/mnt/${id}`,
        kind: 'ext4',
      })),
    });
  }

  #node(name: string): state.NodeState {
    const isDead = this.#dead.has(name);
    return sampleNode(name, { isOnline: !isDead, isStandby: this.#standby.has(name) });
  }

  #resource(id: string): state.PrimitiveState {
    const nodes = this.#where.get(id)!.filter((name) => !this.#dead.has(name));
    const isActive = nodes.length > 0;
    const agent = 'ocf:heartbeat:Filesystem';
    return samplePrimitive(id, { agent, nodes, isActive, role: isActive ? 'Started' : 'Stopped' });
  }

  /** Of which plans read constraints, stickiness and version. */
  #cib(): cib.Cib {
    const element = undefined as never;
    const location = (id: string, resource: string, node: string): cib.Location => {
      const common = { pattern: undefined, sets: [], role: undefined, rules: [], element };
      return { kind: 'location', id, resource, node, score: 100, ...common };
    };
    const set = { id: 'd', score: 0, rule: undefined, element };
    const stickiness = { name: 'resource-stickiness', value: String(this.#stickiness), element };
    const parts = {
      adminEpoch: 1,
      epoch: this.#epoch,
      numUpdates: 0,
      resourceDefaults: [{ ...set, values: [stickiness] }],
      operationDefaults: [],
      properties: [],
      resources: RESOURCES.map((id) => ({ kind: 'primitive', id, meta: [], operations: [] })),
      constraints: [
        ...RESOURCES.map((id) => location(`home-${id}`, id, homeOf(id))),
        ...[...this.#moves].map(([id, node]) => location(`cli-prefer-${id}`, id, node)),
      ],
    };
    return parts as unknown as cib.Cib;
  }
}

function shotAt(target: string): state.FencingEvent {
  const delegate = target === 'n1' ? 'n2' : 'n1';
  const by = { delegate, client: 'pacemaker-controld', origin: delegate, reason: '' };
  return { target, action: 'off', status: 'success', ...by, completed: undefined };
}

function homeOf(resource: string): string {
  return resource === 'ost0' ? 'n1' : 'n2';
}

/** How faults are put to the scheduler: whose views there are, what each is told, and what is changed in the CIB first. */
import { cib } from '../../cluster.ts';
import type { Fault, World } from './model.ts';

/** What nodes that hear each other are confronted with. */
export interface View {
  /** Nodes that hear each other. */
  nodes: readonly string[];
  /** Nodes that are no longer heard, whatever became of them. */
  lost: readonly string[];
  isQuorate: boolean;
  /** `--node-fail`, `--op-inject`, `--op-fail` of crm_simulate(8). */
  failedNodes: readonly string[];
  injected: readonly string[];
  failing: readonly string[];
  /** Put to the scheduler after all else has settled. */
  returnedNodes: readonly string[];
}

export interface SimulationPlan {
  faults: readonly Fault[];
  /** Changed in the CIB before: in words. */
  changes: readonly string[];
  /** The CIB that each view begins with. */
  cibTextOf(view: View): string;
  /** Two when a link is cut. */
  views: readonly View[];
  /** Fence devices that do nothing. */
  dead: ReadonlySet<string>;
  /** Nodes that have lost power. */
  off: ReadonlySet<string>;
  remarks: readonly string[];
}

export function planSimulation(world: World, faults: readonly Fault[]): SimulationPlan {
  const off = new Set(
    faults.flatMap((fault) => (fault.kind === 'node-dies' || fault.kind === 'node-returns' ? [fault.node] : [])),
  );
  const dead = new Set(faults.flatMap((fault) => (fault.kind === 'fence-dead' ? [fault.device] : [])));
  const standby = faults.flatMap((fault) => (fault.kind === 'node-standby' ? [fault.node] : []));
  const hasQuorumFault = faults.some(({ kind }) => kind === 'quorum-lost');
  const remarks: string[] = [];
  const online = world.nodes.filter(({ isOnline }) => isOnline).map(({ name }) => name);
  const sides = sidesOf(online, faults).filter((side) => side.some((node) => !off.has(node)));
  const views = sides.map((side): View => {
    const nodes = side.filter((node) => !off.has(node));
    const lost = online.filter((node) => !nodes.includes(node));
    const isQuorate = !hasQuorumFault && isEnough(world, nodes);
    const failures = faults.flatMap((fault) => failureOf({ world, fault, nodes, standby, remarks }));
    return {
      nodes,
      lost,
      isQuorate,
      failedNodes: lost,
      injected: failures.flatMap(({ injected }) => injected),
      failing: failures.flatMap(({ failing }) => failing),
      returnedNodes: faults.flatMap((fault) => (fault.kind === 'node-returns' ? [fault.node] : [])),
    };
  });
  return {
    faults,
    changes: changesOf({ standby, views, dead }),
    cibTextOf: (view) => editedCib(world, { standby, isQuorate: view.isQuorate }),
    views,
    dead,
    off,
    remarks,
  };
}

/** Of two cuts each cuts a node out of what is left. */
function sidesOf(online: readonly string[], faults: readonly Fault[]): string[][] {
  const cut = faults.flatMap((fault) => (fault.kind === 'link-cut' ? [fault.node] : []));
  const rest = online.filter((node) => !cut.includes(node));
  return [rest, ...cut.map((node) => [node])].filter((side) => side.length > 0);
}

function isEnough({ nodes, quorum }: World, present: readonly string[]): boolean {
  const votes = nodes.reduce((sum, { name, votes: own }) => (present.includes(name) ? sum + own : sum), 0);
  return votes >= quorum.votesNeeded;
}

interface Failing {
  world: World;
  fault: Fault;
  nodes: readonly string[];
  standby: readonly string[];
  remarks: string[];
}

/** A failure on a node that is not in this view is one where the resource is tried next. */
function failureOf({ world, fault, nodes, standby, remarks }: Failing): { injected: string[]; failing: string[] }[] {
  if (fault.kind !== 'resource-fails') return [];
  const { resource: id, operation } = fault;
  const resource = world.resources.find((each) => each.id === id)!;
  const own = world.placement.get(id) ?? [];
  const here = own.filter((node) => nodes.includes(node));
  if (own.length === 0) {
    remarks.push(`${id} does not run anywhere, so it cannot fail.`);
    return [];
  }
  const specs = (of: readonly string[]): string[] =>
    operation === 'monitor' ? [] : of.map((node) => `${id}_${operation}_0@${node}=1`);
  if (here.length === 0) return operation === 'start' ? [{ injected: [], failing: specs(nodes) }] : [];
  if (here.every((node) => standby.includes(node))) {
    const others = nodes.filter((node) => !here.includes(node));
    return [{ injected: [], failing: specs(operation === 'start' ? others : here) }];
  }
  if (resource.monitorMs === undefined) {
    remarks.push(`${id} has no recurring monitor: nobody would notice that it failed.`);
    return [];
  }
  const injected = here.map((node) => `${id}_monitor_${resource.monitorMs}@${node}=7`);
  return [{ injected, failing: specs(here) }];
}

function changesOf({
  standby,
  views,
  dead,
}: {
  standby: readonly string[];
  views: readonly View[];
  dead: ReadonlySet<string>;
}): string[] {
  return [
    ...standby.map((node) => `standby=on for ${node}`),
    ...(views.some(({ isQuorate }) => !isQuorate) ? ['have-quorum=0'] : []),
    ...[...dead].map((id) => `${id} shoots nobody: the transition ends at each fencing that needs it`),
  ];
}

/** `--quorum` alone changes nothing in crm_simulate 2.1.5, so quorum is written into the CIB. */
function editedCib(world: World, { standby, isQuorate }: { standby: readonly string[]; isQuorate: boolean }): string {
  if (standby.length === 0 && world.cib.hasQuorum === isQuorate) return world.quickText;
  const document = cib.parseXml(world.quickText, 'cib');
  cib.setAttribute(cib.rootOf(document), 'have-quorum', isQuorate ? '1' : '0');
  for (const name of standby) putInStandby(document, name);
  return cib.formatXml(document);
}

function putInStandby(document: cib.XmlDocument, name: string): void {
  const nodes = cib.elementsOf(cib.sectionOf(document, 'configuration', 'nodes'), 'node');
  const node = nodes.find(({ attributes }) => attributes.get('uname') === name);
  if (node === undefined) return;
  const pairs = cib.elementsOf(node, 'instance_attributes').flatMap((set) => cib.elementsOf(set, 'nvpair'));
  const old = pairs.find(({ attributes }) => attributes.get('name') === 'standby');
  if (old !== undefined) return void old.attributes.set('value', 'on');
  const pair = cib.element('nvpair', { id: `holdfast-standby-${name}-value`, name: 'standby', value: 'on' });
  const child = cib.element('instance_attributes', { id: `holdfast-standby-${name}` }, [pair]);
  cib.insertElement(document, node, { child });
}

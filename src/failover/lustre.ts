/**
 * Where the clients of Lustre find a target after a takeover: command lines for mkfs.lustre(8) and tunefs.lustre(8), to be
 * read and run by a person. Nothing here runs them: a target must not be mounted anywhere meanwhile.
 */

import { AppError } from '../base/errors.ts';
import type { cib } from '../cluster.ts';
import type { ImportPlan } from './import/model.ts';

/** By node, what mounts its targets: `10.0.0.1@o2ib`, `192.168.0.1@tcp1`; the nearest network first. */
export type Nids = Readonly<Record<string, readonly string[]>>;

export interface LustreTarget {
  resource: string;
  device: string;
  mountpoint: string;
  kind: 'ost' | 'mdt' | 'mgs' | undefined;
  /** Where it may run, best first. */
  nodes: readonly string[];
}

export interface LustreCommands {
  target: LustreTarget;
  /** All nodes are alike, and the target may start on any: what to prefer. */
  serviceNode: { mkfs: readonly string[]; tunefs: readonly string[] };
  /** Of old versions: the target has to be started on the first node the first time. */
  failNode: { mkfs: readonly string[]; tunefs: readonly string[] };
}

export function lustreTargetsOf(plan: ImportPlan): LustreTarget[] {
  const primitives = (plan.cib.resources ?? []).flatMap((each) => (each.kind === 'group' ? each.members : []));
  return plan.groups.flatMap(({ resources, nodes }) =>
    resources.flatMap(({ id }) => {
      const found = primitives.find((each) => each.id === id);
      return found === undefined ? [] : targetOf(found, nodes);
    }),
  );
}

/** @throws {AppError} `config` for a node without NIDs, or text that is none */
export function lustreCommandsOf(targets: readonly LustreTarget[], nids: Nids): LustreCommands[] {
  for (const [node, all] of Object.entries(nids)) for (const nid of all) expectNid(nid, node);
  return targets.map((target) => {
    const own = target.nodes.map((node) => nidsOf(node, nids));
    const service = own.map((all) => `--servicenode=${all}`);
    const fail = own.slice(1).map((all) => `--failnode=${all}`);
    return { target, serviceNode: linesOf(target, service), failNode: linesOf(target, fail) };
  });
}

/** A command line for a shell. */
export function shellText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

function targetOf({ id, agent, params = {} }: cib.PlainPrimitive, nodes: readonly string[]): LustreTarget[] {
  const isLustre = agent === 'ocf:lustre:Lustre' || params['fstype'] === 'lustre';
  const device = params['target'] ?? params['device'];
  const mountpoint = params['mountpoint'] ?? params['directory'];
  if (!isLustre || device === undefined || mountpoint === undefined) return [];
  return [{ resource: id, device, mountpoint, kind: kindOf(mountpoint) ?? kindOf(device), nodes }];
}

/** By the name, as administrators give them: mdt0 and mgs are told apart from ost1. */
function kindOf(path: string): LustreTarget['kind'] {
  const [, kind] = /(ost|mdt|mds|mgs|mgt)[\w.-]*\/?$/i.exec(path) ?? [];
  const lower = kind?.toLowerCase();
  if (lower === 'ost') return 'ost';
  if (lower === 'mdt' || lower === 'mds') return 'mdt';
  return lower === undefined ? undefined : 'mgs';
}

/** What the files of a cluster do not tell stands in capitals. */
function linesOf({ kind, device }: LustreTarget, failover: readonly string[]): { mkfs: string[]; tunefs: string[] } {
  const about =
    kind === 'mgs'
      ? ['--mgs']
      : ['--fsname=FSNAME', kind === undefined ? '--TYPE' : `--${kind}`, '--index=INDEX', '--mgsnode=MGSNID'];
  return {
    mkfs: ['mkfs.lustre', ...about, ...failover, device],
    tunefs: ['tunefs.lustre', ...failover, device],
  };
}

/** NIDs of one node are separated by commas. */
function nidsOf(node: string, nids: Nids): string {
  const all = Object.hasOwn(nids, node) ? nids[node]! : [];
  if (all.length > 0) return all.join(',');
  throw new AppError('config', {
    detail: `no NID was given for node ${node}`,
    hint: `Give those that lctl list_nids prints there: --nid ${node}=ADDRESS@o2ib,ADDRESS@tcp`,
  });
}

function expectNid(nid: string, node: string): void {
  if (/^[\w.:-]+@[a-z][a-z0-9]*$/.test(nid)) return;
  throw new AppError('config', {
    detail: `${JSON.stringify(nid)} of node ${node} is no NID`,
    hint: 'Write ADDRESS@NETWORK as lctl list_nids prints it: 10.0.0.1@o2ib, 192.168.0.1@tcp1',
  });
}

/** The cluster that a command acts on: through which machine, and how its nodes are reached. */
import { existsSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import { type cib, live, pacemaker } from '../cluster.ts';
import { act } from '../failover.ts';
import type { Context } from './context.ts';
import { LOCAL, openHosts } from './ha-mmp-devices.ts';

export interface Ends {
  seat: pacemaker.Seat;
  seatOf(node: string): pacemaker.Seat | undefined;
  situation: act.Situation;
  /** The live CIB of a Pacemaker. */
  document: cib.XmlDocument | undefined;
  /** @param wanted the configuration that a plan puts there */
  cluster(wanted?: cib.XmlDocument): act.ActingCluster;
  /** Tries a plan out; undefined with Heartbeat. */
  rehearse: ((plan: act.ActionPlan, wanted?: cib.XmlDocument) => Promise<act.Rehearsal>) | undefined;
}

/** @param host where to ask and to give orders; this machine when absent */
export async function openEnds(context: Context, host: string | undefined): Promise<Ends> {
  const { clock, signal } = context;
  const find = await openHosts(context);
  const seat = find(host ?? LOCAL);
  const told = await live.readState(seat, { clock, signal });
  if (told.kind === 'heartbeat') return await openPair(told, { seat, find, clock, signal });
  const [own, { document, ...situation }] = await Promise.all([
    pacemaker.readNodeName(seat, { clock, signal }),
    act.readSituation({ seat, clock }, { signal }),
  ]);
  const seatOf = (node: string): pacemaker.Seat => (node === own ? seat : find(node));
  const seats = { seat, seatOf, clock };
  return {
    seat,
    seatOf,
    situation,
    document,
    cluster: (wanted) => act.livePacemaker({ ...seats, wanted }),
    rehearse: (plan, wanted) => act.rehearse(plan, { ...seats, wanted }, signal),
  };
}

async function openPair(
  told: live.ClusterState,
  {
    seat,
    find,
    clock,
    signal,
  }: Pick<Context, 'clock' | 'signal'> & { seat: pacemaker.Seat; find: (name: string) => pacemaker.Seat },
): Promise<Ends> {
  const seatOf = (node: string): pacemaker.Seat => (node === told.node ? seat : find(node));
  const seats = told.nodes.map(({ name }) => seatOf(name));
  const pair = { seats, seatOf, clock };
  const situation = await act.readPair(pair, signal);
  return { seat, seatOf, situation, document: undefined, cluster: () => act.livePair(pair), rehearse: undefined };
}

/** The node that is meant when none is named: the one that is asked. */
export async function ownNode({ clock, signal }: Context, { seat, situation }: Ends): Promise<string> {
  if (situation.state.kind === 'heartbeat') {
    const { node } = await live.readState(seat, { clock, signal, expected: 'heartbeat' });
    if (node !== undefined) return node;
    throw new AppError('usage', { detail: 'it is not known which node is meant', hint: 'Name it.' });
  }
  return await pacemaker.readNodeName(seat, { clock, signal });
}

/** Where Holdfast keeps what it has to remember. */
export async function stateDirectory({ configFile, environment }: Context): Promise<string> {
  if (!existsSync(configFile)) return '/var/lib/holdfast';
  const { loadConfig } = await import('../config.ts');
  return (await loadConfig({ file: configFile, environment })).config.stateDirectory;
}

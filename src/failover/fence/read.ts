/** Everything about the fencing of one running cluster, from one of its machines. */
import { AppError } from '../../base/errors.ts';
import { cib, fencing, live, pacemaker } from '../../cluster.ts';

export interface FencingView {
  seat: live.Seat;
  /** Name of that machine in the cluster. */
  node: string;
  state: live.ClusterState;
  cibText: string;
  cib: cib.Cib;
  fencing: fencing.Fencing;
  setting: fencing.Setting;
  /** Newest first. */
  history: readonly live.FencingEvent[];
}

/**
 * @throws {AppError} `refused` for Heartbeat, whose STONITH tells and takes nothing while it runs; `cluster-down`,
 * `cluster-denied`, `cluster-unclear`, `config`, what reaching the machine throws
 */
export async function readFencing(seat: live.Seat, options: live.ReadOptions): Promise<FencingView> {
  // Asked at the same time, which over ssh is one connection.
  const asked = Promise.all([
    fencing.queryCib(seat, options),
    pacemaker.readNodeName(seat, options),
    fencing.fencingHistory(seat, options),
  ]);
  const [told] = await Promise.allSettled([live.readState(seat, options), asked]);
  if (told.status === 'rejected') throw told.reason;
  const state = told.value;
  if (state.kind === 'heartbeat') throw heartbeatCannot(seat);
  const [document, node, history] = await asked;
  const view = cib.readCib(document);
  const setting = fencing.fencingSetting(view, options.clock.nowMs());
  return { seat, node, state, cibText: document.text, cib: view, fencing: fencing.fencingOf(view), setting, history };
}

/** The newest time that a node of this device was fenced with success; by which device is not recorded anywhere. */
export function lastUseOf(view: FencingView, device: fencing.FencingDevice): live.FencingEvent | undefined {
  return view.history.find(({ status, target }) => status === 'success' && (device.targets?.includes(target) ?? false));
}

/** Nodes of the cluster that are no guests and no remote ones. */
export function membersOf({ state }: Pick<FencingView, 'state'>): readonly live.NodeState[] {
  return state.nodes.filter(({ kind }) => kind === 'member' || kind === 'unknown');
}

function heartbeatCannot(seat: live.Seat): AppError {
  return new AppError('refused', {
    detail: `${seat.name} runs Heartbeat, which reads its STONITH configuration once, at start: it cannot pause it, tells no history and takes no orders`,
    hint: 'Check the devices with stonith(8), as in: stonith -t PLUGIN -p "PARAMETERS" -S. To have a pause, move to Pacemaker: holdfast ha import.',
  });
}

/** Acting on a live Heartbeat pair: both sides have to be asked, as each knows only what it holds itself. */
import { AppError } from '../../base/errors.ts';
import { heartbeatAct, live, type pacemaker } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import type { ActingCluster } from './cluster.ts';
import { mountsOn } from './live-pacemaker.ts';
import type { Situation } from './model.ts';

export interface HeartbeatSeats {
  /** Every machine of the pair that can be reached. */
  seats: readonly pacemaker.Seat[];
  seatOf(node: string): pacemaker.Seat | undefined;
  clock: Clock;
}

/**
 * @throws {AppError} `cluster-unclear` when the sides disagree: then nothing is safe; the first side's own error when
 * nobody answers
 */
export async function readPair({ seats, clock }: HeartbeatSeats, signal?: AbortSignal): Promise<Situation> {
  const survey = await live.surveyCluster(seats, { clock, signal, expected: 'heartbeat' });
  const silent = survey.answers.find((answer) => 'error' in answer);
  const [view, ...others] = survey.views;
  if (view === undefined) throw silent?.error ?? new AppError('cluster-unclear', { detail: 'nobody was asked' });
  const split = survey.remarks.find(({ code }) => code === 'disagreement' || code === 'active-twice');
  if (others.length > 0 || split !== undefined)
    throw new AppError('cluster-unclear', { detail: split?.text ?? 'the nodes disagree' });
  const told = new Set(live.statesOf(survey.answers).map(({ node }) => node));
  // Of a side that is up and silent nobody knows what it holds: it may hold all, as the other does.
  const mute = view.nodes.filter(({ name, isOnline }) => isOnline && !told.has(name)).map(({ name }) => name);
  if (mute.length > 0)
    throw new AppError('cluster-unclear', {
      detail: `${mute.join(' and ')} is up, and could not be asked what it holds${silent === undefined ? '' : `: ${silent.error.message}`}`,
      hint: 'Both nodes of a pair have to be reached, over ssh under their names.',
      cause: silent?.error,
    });
  const asked = live.statesOf(survey.answers).map(({ from }) => from);
  const seat = seats.find(({ name }) => asked.includes(name))!;
  const filesystems = heartbeatAct.heartbeatFilesystems(await heartbeatAct.readHaresources(seat, { clock, signal }));
  return { state: { ...view, filesystems }, cib: undefined };
}

export function livePair(pair: HeartbeatSeats): ActingCluster {
  const { clock } = pair;
  return {
    read: (signal) => readPair(pair, signal),
    change: async (change) => {
      if (change.kind !== 'hb-takeover' && change.kind !== 'hb-standby')
        throw new AppError('usage', { detail: `${change.kind} is for Pacemaker` });
      const seat = pair.seatOf(change.node);
      if (seat === undefined)
        throw new AppError('host-unreachable', { detail: `nobody said how ${change.node} is reached` });
      await heartbeatAct.changeHeartbeat(seat, change, { clock });
    },
    // It has no word of its own for being done; its state has.
    wait: async () => true,
    mounts: (node, devices, signal) => mountsOn(pair.seatOf(node), { node, devices, clock, signal }),
    judgeConfiguration: async () => ({ outcome: 'unexamined', text: 'Heartbeat has no configuration that is applied' }),
  };
}

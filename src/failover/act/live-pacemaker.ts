/** Acting on a live Pacemaker, through one of its machines. */
import { AppError } from '../../base/errors.ts';
import { cib, pacemaker, pacemakerAct } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import type { ActingCluster } from './cluster.ts';
import { differencesOf } from './differences.ts';
import type { Situation } from './model.ts';

export interface PacemakerSeats {
  /** The machine that is asked and given orders. */
  seat: pacemaker.Seat;
  /** The machine of a node, to see its mounts; undefined when nobody knows how to reach it. */
  seatOf(node: string): pacemaker.Seat | undefined;
  clock: Clock;
  /** The configuration that a `replace` puts there. */
  wanted?: cib.XmlDocument | undefined;
}

/** @throws {AppError} as `readPacemaker`; `config` for a CIB of an unknown schema */
export async function readSituation(
  { seat, clock }: Pick<PacemakerSeats, 'seat' | 'clock'>,
  options: { signal?: AbortSignal | undefined; cibFile?: string } = {},
): Promise<Situation & { document: cib.XmlDocument }> {
  const [state, document] = await Promise.all([
    pacemaker.readPacemaker(seat, { clock, ...options }),
    pacemakerAct.readLiveCib(seat, { clock, ...options }),
  ]);
  return { state, cib: cib.withTemplates(cib.readCib(document)), document };
}

export function livePacemaker(seats: PacemakerSeats): ActingCluster {
  const { seat, clock, wanted } = seats;
  return {
    read: (signal) => readSituation(seats, { signal }),
    change: async (change) => {
      switch (change.kind) {
        case 'replace':
          return await pacemakerAct.replaceConfiguration(seat, { wanted: held(wanted), base: change.base }, { clock });
        case 'hb-takeover':
        case 'hb-standby':
          throw new AppError('usage', { detail: `${change.kind} is for Heartbeat` });
        default:
          return await pacemakerAct.changePacemaker(seat, change, { clock });
      }
    },
    wait: (limitMs, signal) => pacemakerAct.waitPacemaker(seat, { limitMs, clock, signal }),
    mounts: (node, devices, signal) => mountsOn(seats.seatOf(node), { node, devices, clock, signal }),
    judgeConfiguration: async (signal) => {
      const document = await pacemakerAct.readLiveCib(seat, { clock, signal });
      return judgeDifferences(document, held(wanted));
    },
  };
}

export async function mountsOn(
  seat: pacemaker.Seat | undefined,
  {
    node,
    devices,
    clock,
    signal,
  }: { node: string; devices: readonly string[]; clock: Clock; signal?: AbortSignal | undefined },
): Promise<pacemakerAct.NodeMounts> {
  if (seat === undefined) throw new AppError('host-unreachable', { detail: `nobody said how ${node} is reached` });
  return await pacemakerAct.readMounts(seat, devices, { clock, signal });
}

export function judgeDifferences(live: cib.XmlDocument, wanted: cib.XmlDocument) {
  const differences = differencesOf(live, wanted);
  if (differences.length === 0)
    return { outcome: 'met' as const, text: 'the live configuration says what the file says' };
  return {
    outcome: 'violated' as const,
    text: `the live configuration differs: ${differences.slice(0, 5).join('; ')}`,
  };
}

function held(wanted: cib.XmlDocument | undefined): cib.XmlDocument {
  if (wanted !== undefined) return wanted;
  throw new AppError('usage', { detail: 'there is no configuration to apply' });
}

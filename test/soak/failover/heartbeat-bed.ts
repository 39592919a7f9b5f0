/** A pair of Heartbeat for the campaign, with STONITH and without. */
import { heartbeatAct } from '../../../src/cluster.ts';
import { systemClock } from '../../../src/host.ts';
import { Evidence } from '../../lab/evidence.ts';
import { type HeartbeatPair, startHeartbeat } from '../../lab/heartbeat.ts';
import type { Host } from '../../lab/host.ts';
import { Lab } from '../../lab/lab.ts';
import { equipOperator } from '../../lab/operator.ts';
import { directoryOf } from '../../lab/pacemaker-configuration.ts';
import { until } from '../../lab/wait.ts';
import { argvOf, ask } from './answer.ts';
import { type Bed, type Given, isUnanswered, LUN_BYTES } from './bed.ts';
import { type Drawn, SHAPES } from './draw.ts';
import type { Order } from './orders.ts';
import { predictHeartbeat } from './predict.ts';

const MOVE_MS_MAX = 60_000;
const TAKEOVERS_MAX = 3;
/** Faults after which the one that holds the group does not know that it serves nothing. */
const UNSEEN = ['lun-path', 'resource-fails'];

export async function openHeartbeatBed(name: 'heartbeat' | 'bare'): Promise<Bed> {
  await using made = new AsyncDisposableStack();
  const lab = made.use(await Lab.open());
  const [first, second] = SHAPES[name].nodes as [string, string];
  const lun = await lab.lun(SHAPES[name].luns[0]!, LUN_BYTES, [first, second]);
  const watch = made.use(lab.watchMounts());
  await equipOperator(lab.directory, [lab.host(first), lab.host(second)]);
  const pair = await startHeartbeat(lab, [first, second], { lun, hasStonith: name === 'heartbeat' });
  const lifetime = made.move();
  return {
    lab,
    hosts: pair.hosts,
    evidence: [new Evidence(lun)],
    watch,
    membership: 'heartbeat',
    logFiles: ['/var/log/ha-log', '/var/log/boot.log'],
    arrange: async ({ start }) => {
      const node = start[lun.name]!;
      if (lab.activeOn(lun).join() !== node) await takeOver(pair, lab.host(node));
    },
    predict: async (drawn) => predictHeartbeat(drawn),
    give: (order, onVerdict) => give(lab, order, onVerdict),
    handOver: (node) => handOver(lab.host(node)),
    isIdle: (asked) => isIdle(pair, asked),
    isWhole: () => isWhole(pair),
    tidy: (drawn) => tidy(pair, lab, drawn),
    [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
  };
}

/** Heartbeat drops an order that comes while it is at work, and says nothing of it: then it is given again. */
async function takeOver(pair: HeartbeatPair, to: Host): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await until('the pair has settled', () => isIdle(pair, pair.hosts), { limitMs: MOVE_MS_MAX, everyMs: 200 });
    await pair.takeover(to);
    try {
      await pair.waitActive(to, MOVE_MS_MAX / 2);
      break;
    } catch (error) {
      if (attempt === TAKEOVERS_MAX) throw error;
    }
  }
  await until('the pair has settled', () => isIdle(pair, pair.hosts), { limitMs: MOVE_MS_MAX, everyMs: 200 });
}

async function give(lab: Lab, order: Order, onVerdict: () => void): Promise<Given | undefined> {
  const host = lab.host(order.on);
  if (!host.isOn) return undefined;
  const answer = await ask(host, argvOf(order, { file: undefined }), onVerdict);
  // It has no configuration that an order changes; what it does to groups is seen in the places.
  return { answer, changed: undefined, complaint: undefined };
}

async function handOver(host: Host): Promise<void> {
  if (!host.isOn) return;
  try {
    await order(host, 'hb-standby');
  } catch (error) {
    if (!isUnanswered(error, host)) throw error;
  }
}

async function order(host: Host, kind: 'hb-takeover' | 'hb-standby'): Promise<void> {
  const seat = { name: host.name, processes: host.processes };
  await heartbeatAct.changeHeartbeat(seat, { kind, node: host.name, which: 'all' }, { clock: systemClock });
}

async function isIdle(pair: HeartbeatPair, asked: readonly Host[]): Promise<boolean> {
  const held = await Promise.all(asked.filter(({ isOn }) => isOn).map((host) => said(host, () => pair.heldBy(host))));
  return held.every((each) => ['all', 'local', 'foreign', 'none'].includes(each));
}

async function isWhole(pair: HeartbeatPair): Promise<boolean> {
  const [h1, h2] = pair.hosts;
  const views = [said(h1, () => pair.statusOf(h2, h1)), said(h2, () => pair.statusOf(h1, h2))];
  return (await Promise.all(views)).every((status) => status === 'active') && (await isIdle(pair, pair.hosts));
}

/** Nothing while the host goes down or does not answer. */
async function said(host: Host, ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (error) {
    if (isUnanswered(error, host)) return '';
    throw error;
  }
}

/** Whether the file system can be written to. */
async function isServed({ lun }: HeartbeatPair, holder: Host): Promise<boolean> {
  const file = `${directoryOf(lun)}/.served`;
  return (
    (await said(holder, async () =>
      String((await holder.exec(['dd', 'if=/dev/zero', `of=${file}`, 'count=1', 'conv=fsync'])).exitCode),
    )) === '0'
  );
}

/** It watches no resource: what broke unseen is served again only after somebody has handed the group over. */
async function tidy(pair: HeartbeatPair, lab: Lab, { faults }: Drawn): Promise<string[]> {
  const [holder] = lab.activeOn(pair.lun);
  const isUnseen = faults.some(({ kind }) => UNSEEN.includes(kind));
  if (holder !== undefined && (!isUnseen || (await isServed(pair, lab.host(holder))))) return [];
  const held = await Promise.all(pair.hosts.map((host) => said(host, () => pair.heldBy(host))));
  const believing = pair.hosts.find((_, at) => held[at] === 'all' || held[at] === 'local' || held[at] === 'foreign');
  if (believing === undefined) {
    await order(pair.hosts[0], 'hb-takeover');
    return ['nobody had the group: taken over by hand'];
  }
  await order(believing, 'hb-standby');
  return [`${believing.name} believed it served the group: handed over by hand`];
}

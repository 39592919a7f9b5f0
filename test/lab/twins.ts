/**
 * The same pair twice: under Heartbeat, and under Pacemaker by what `ha import` made of Heartbeat's own files. Both have hosts,
 * disks, boards and faults of their own under the same names, so that where a group is on one can be held against the other.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Bed, judge, makeLuns, placesOf } from './bed.ts';
import type { Evidence } from './evidence.ts';
import { HEARTBEAT_PEERS, startHeartbeat } from './heartbeat.ts';
import type { Host } from './host.ts';
import { giveIpmitool, IPMI_PEERS } from './ipmi.ts';
import { Lab } from './lab.ts';
import { PACEMAKER_PEERS, startPacemaker } from './pacemaker.ts';
import { askOn, runOn } from './program.ts';
import { prepareSsh, SSH_PEERS, startSshd } from './ssh.ts';
import { all, until } from './wait.ts';

export const NODES = ['h1', 'h2'] as const;
/** The first prefers the first node, and comes with the first address. */
export const LUNS = ['object0', 'object1'] as const;

/** Where everything is when all is well. */
export const HOME = { object0: ['h1'], object1: ['h2'] };
export const TWIN_PEERS = [
  ...new Set([...HEARTBEAT_PEERS, ...PACEMAKER_PEERS, ...IPMI_PEERS, ...SSH_PEERS, 'crm_simulate' as const]),
];

const NEW = '/root/new';
const REST_MS = 1500;
/** A node comes to its own in 13 s under Heartbeat and in 8 s under Pacemaker. */
const REJOIN_MS_MAX = 60_000;
const NOT_AT_BOOT = '/etc/lab/no-cluster-at-boot';

/** LUN → the hosts that have it mounted. */
export type Places = Record<string, string[]>;

/** What the import's report says of one fault. */
export interface Expected {
  heartbeat: Places;
  pacemaker: Places;
  /** In words, where the two are not told to be the same. */
  differences: string[];
}

interface Comparison {
  faults: string[];
  group: string;
  heartbeat: string[];
  pacemaker: string[];
  same: boolean;
  difference: string | null;
}

/** One of the two. */
export interface Twin extends Bed {
  name: 'heartbeat' | 'pacemaker';
  evidence: readonly Evidence[];
  /** Whether every node hears every other and has nothing to do. */
  isWhole(): Promise<boolean>;
  /** Everything back to where it prefers to be, by order of an operator. */
  goHome(): Promise<void>;
}

export class Twins implements AsyncDisposable {
  readonly heartbeat: Twin;
  readonly pacemaker: Twin;
  readonly #report: readonly Comparison[];
  readonly #held: AsyncDisposableStack;

  private constructor(parts: { old: Twin; made: Twin; report: readonly Comparison[]; held: AsyncDisposableStack }) {
    this.heartbeat = parts.old;
    this.pacemaker = parts.made;
    this.#report = parts.report;
    this.#held = parts.held;
  }

  /** A running pair of Heartbeat, its import, and a running pair of Pacemaker that the import was applied to. */
  static async open(): Promise<Twins> {
    await using held = new AsyncDisposableStack();
    const lab = held.use(await Lab.open());
    // The import needs the files of the old pair, and nothing that runs.
    const moving = importOn(lab.host(NODES[0])).then(async ({ report, files }) => {
      return { report, made: await openPacemaker(held, files) };
    });
    const [old, { report, made }] = await all([openHeartbeat(held, lab), moving] as const);
    await both([old, made], keepFromBooting);
    return new Twins({ old, made, report, held: held.move() });
  }

  /** What was said of this fault before it came about. */
  expected(fault: string): Expected {
    const rows = this.#report.filter(({ faults }) => faults.join() === fault);
    assert.equal(rows.length, LUNS.length, `the report tells of ${fault}`);
    // Groups are in the order of haresources.
    const places = (of: (row: Comparison) => string[]): Places =>
      Object.fromEntries(rows.map((row, at) => [LUNS[at]!, of(row)]));
    for (const { same, difference } of rows) assert.equal(same, difference === null);
    return {
      heartbeat: places((row) => row.heartbeat),
      pacemaker: places((row) => row.pacemaker),
      differences: rows.flatMap(({ difference }) => difference ?? []),
    };
  }

  /** The same on both, at the same time. */
  async each<T>(act: (twin: Twin) => Promise<T>): Promise<T[]> {
    return await both([this.heartbeat, this.pacemaker], act);
  }

  /** Nothing was mounted twice on either. */
  judge(): void {
    judge(this.heartbeat);
    judge(this.pacemaker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync();
  }
}

/** Of the suite that calls it, as `useLab` does it for one lab. */
export function useTwins(): () => Twins {
  const held = new AsyncDisposableStack();
  let twins: Twins | undefined;
  before(async () => {
    twins = held.use(await Twins.open());
  });
  after(() => held.disposeAsync());
  return () => {
    if (twins === undefined) throw new Error('the labs of this suite are not open');
    return twins;
  };
}

/** Waits until it is so, and then sees that it stays so. */
export async function comesToRest(twin: Twin, places: Places, limitMs: number): Promise<number> {
  const isThere = (): boolean => JSON.stringify(placesOf(twin.lab)) === JSON.stringify(places);
  const explain = async () => `${twin.name}: ${JSON.stringify(placesOf(twin.lab))}\n${await told(twin)}`;
  const tookMs = await until(`places are ${JSON.stringify(places)}`, isThere, { limitMs, explain });
  await wait(REST_MS);
  assert.ok(isThere(), `stays: ${await explain()}`);
  return tookMs;
}

/** The address of a group is where its file system is, and nowhere else. */
export async function checkAddresses(twin: Twin): Promise<void> {
  const places = placesOf(twin.lab);
  for (const host of twin.lab.hosts.filter(({ isOn }) => isOn)) {
    const text = await host.must(['ip', '-o', '-4', 'address', 'show', 'eth0']);
    for (const [at, lun] of LUNS.entries())
      assert.equal(text.includes(`10.77.0.${100 + at}/`), places[lun]!.includes(host.name), `${host.name}: ${text}`);
  }
}

/** A line on each disk, by whoever has it. */
export async function writeData({ lab, evidence }: Twin): Promise<void> {
  for (const each of evidence) for (const name of lab.activeOn(each.lun)) await each.write(lab.host(name));
}

/** As an operator does after the cause was mended: both whole, everything at home, and what was written is there. */
export async function restore(twins: Twins): Promise<void> {
  twins.judge();
  await twins.each(async (twin) => {
    await rejoin(twin);
    await checkData(twin);
    await twin.goHome();
    await comesToRest(twin, HOME, 30_000);
    await checkAddresses(twin);
  });
  twins.judge();
}

async function checkData({ lab, evidence }: Twin): Promise<void> {
  for (const each of evidence) for (const name of lab.activeOn(each.lun)) await each.check(lab.host(name));
}

/** Switches on who is off, and starts the cluster by hand where it does not run. */
export async function rejoin(twin: Twin): Promise<number> {
  const begin = performance.now();
  for (const host of twin.lab.hosts) {
    await host.boot();
    const isRunning = (await host.exec(['pgrep', '-x', 'pacemakerd|heartbeat'])).exitCode === 0;
    if (isRunning) continue;
    const script = 'setsid /etc/lab/boot by-hand </dev/null >>/var/log/boot.log 2>&1 &';
    await host.must(['sh', '-c', script]);
  }
  await until(`${twin.name} is whole`, () => twin.isWhole(), {
    limitMs: REJOIN_MS_MAX,
    everyMs: 200,
    explain: () => told(twin),
  });
  return performance.now() - begin;
}

async function openHeartbeat(held: AsyncDisposableStack, lab: Lab): Promise<Twin> {
  const watch = held.use(lab.watchMounts());
  const evidence = Object.values(await makeLuns(lab, LUNS, NODES));
  const [first, second] = evidence;
  prepareSsh(NODES.map((name) => lab.host(name)));
  const options = { lun: first!.lun, second: second!.lun, power: 'ipmi' as const };
  const pair = await startHeartbeat(lab, [...NODES], options);
  const isWhole = async (): Promise<boolean> => {
    const [h1, h2] = pair.hosts;
    const heard = await Promise.all([pair.statusOf(h2, h1), pair.statusOf(h1, h2)]);
    return heard.every((each) => each === 'active') && (await pair.isSettled());
  };
  const goHome = async (): Promise<void> => {
    await pair.settle();
    for (const host of pair.hosts)
      if ((await pair.heldBy(host)) === 'all') await host.must(['/usr/share/heartbeat/hb_standby', 'foreign']);
  };
  await startSshd(pair.hosts);
  const twin: Twin = { name: 'heartbeat', lab, watch, evidence, isWhole, goHome };
  await pair.settle();
  return twin;
}

interface Imported {
  conf: string;
  authkey: Buffer;
  cibXml: string;
}

/** On a node of the old pair, from its own files, with the addresses that the command asks for. */
async function importOn(host: Host): Promise<{ report: Comparison[]; files: Imported }> {
  await until('it is being switched on', () => host.isOn, { limitMs: REJOIN_MS_MAX });
  await host.boot();
  const addresses = NODES.flatMap((name, at) => ['--address', `${name}=10.77.0.${at + 1},10.78.0.${at + 1}`]);
  const { exitCode, text } = await runOn(host, ['ha', 'import', '/', '--to', NEW, ...addresses]);
  assert.equal(exitCode, 0, text);
  assert.match(text, /Nothing was applied/);
  assert.doesNotMatch(text, /opens-h|lab-secret/, 'what opens the boards is not shown');
  const modes = await host.must(['stat', '-c', '%a %n', `${NEW}/corosync.conf`, `${NEW}/authkey`, `${NEW}/cib.xml`]);
  assert.deepEqual([...modes.matchAll(/^\d+/gm)].join(), '644,400,600');
  const report = await askOn<Comparison>(host, ['ha', 'simulate', '--equivalence', '/etc/ha.d'], 'comparison');
  const authkey = Buffer.from(await host.must(['base64', '-w0', `${NEW}/authkey`]), 'base64');
  return {
    report,
    files: { conf: host.read(`${NEW}/corosync.conf`)!, cibXml: host.read(`${NEW}/cib.xml`)!, authkey },
  };
}

/** By the steps that docs/ha-import.md tells, the configuration by `ha apply` on a node. */
async function openPacemaker(held: AsyncDisposableStack, { conf, authkey, cibXml }: Imported): Promise<Twin> {
  const lab = held.use(await Lab.open());
  const watch = held.use(lab.watchMounts());
  const evidence = Object.values(await makeLuns(lab, LUNS, NODES));
  const hosts = NODES.map((name) => lab.host(name));
  prepareSsh(hosts);
  for (const host of hosts) {
    giveIpmitool(host);
    host.write(`${NEW}/cib.xml`, cibXml, 0o600);
    for (const lun of LUNS) host.write(`/mnt/${lun}/.keep`, '');
  }
  const cluster = await startPacemaker(lab, NODES, { corosync: { conf, authkey } });
  await startSshd(hosts);
  const [first] = hosts;
  const applied = await runOn(first!, ['ha', 'apply', `${NEW}/cib.xml`]);
  assert.equal(applied.exitCode, 0, `${applied.text}\n${await cluster.describe()}`);
  const isWhole = async (): Promise<boolean> => {
    const seen = await Promise.all(hosts.map((host) => cluster.online(host)));
    if (!seen.every((names) => names.sort().join() === NODES.join())) return false;
    return (await first!.exec(['crm_resource', '--wait', '--timeout=3s'])).exitCode === 0;
  };
  const goHome = async (): Promise<void> => {
    if (JSON.stringify(placesOf(lab)) === JSON.stringify(HOME)) return;
    await startSshd(hosts.filter((host) => host.read('/var/log/lab-sshd.log') !== undefined));
    // What failed on a node keeps everything away from it until somebody says that its cause was mended.
    for (const action of ['cleanup', 'failback']) {
      const { exitCode, text } = await runOn(first!, ['ha', action]);
      assert.equal(exitCode, 0, text);
    }
  };
  return { name: 'pacemaker', lab, watch, evidence, isWhole, goHome };
}

/** What a cautious operator has: a node that was shot waits until somebody has looked at it. */
async function keepFromBooting({ lab }: Twin): Promise<void> {
  for (const host of lab.hosts) await host.must(['touch', NOT_AT_BOOT]);
}

async function both<T>(twins: readonly Twin[], act: (twin: Twin) => Promise<T>): Promise<T[]> {
  return await all(twins.map(act));
}

async function told({ name, lab }: Twin): Promise<string> {
  const [file, command] =
    name === 'heartbeat' ? ['/var/log/ha-log', 'cl_status'] : ['/var/log/pacemaker/pacemaker.log', 'crm_mon'];
  const args = name === 'heartbeat' ? ['rscstatus'] : ['-1rf'];
  const views = lab.hosts.map(async (host) => {
    const seen = host.isOn ? (await host.exec([command!, ...args])).output : 'off';
    return `${host.name}: ${seen}\n${(host.read(file!) ?? '').slice(-2500)}`;
  });
  const orders = lab.power.calls.slice(-12).map(({ op, host, by, answer }) => `${op} ${host} by ${by}: ${answer}`);
  return [...(await Promise.all(views)), ...orders].join('\n');
}

/**
 * The lab: several hosts on one machine, with two networks, shared disks and a power controller, for tests of what happens when
 * they fail. Made of namespaces, overlays and loop devices; needs root. Nothing of the machine itself is changed, and two labs
 * never meet. Open it with `await using`.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Host } from './host.ts';
import { LAB_PREFIX, removeDeadLabs, removeLab, signLab } from './leftovers.ts';
import { type Lun, makeLun } from './lun.ts';
import { MountWatch } from './mounts.ts';
import { openPower, type PowerController } from './power.ts';
import { LINKS, type Link, openSwitch, type Switch } from './switch.ts';
import { until } from './wait.ts';

/** Part of interface names, which have 15 characters (netdevice(7)) and here a number behind. */
const NAME = /^[a-z][a-z0-9]{0,11}$/;
const HOSTS_MAX = 254;
const WATCH_MS = 20;

export interface LabLunOptions {
  /** Seconds; 1 when absent, undefined for no protection. */
  mmpIntervalS?: number | undefined;
}

export class Lab implements AsyncDisposable {
  readonly directory: string;
  readonly power: PowerController;
  readonly #network: Switch;
  readonly #hosts: Map<string, Host>;
  readonly #luns = new Map<string, Lun>();
  #isClosed = false;

  private constructor(parts: { directory: string; power: PowerController; network: Switch; hosts: Map<string, Host> }) {
    this.directory = parts.directory;
    this.power = parts.power;
    this.#network = parts.network;
    this.#hosts = parts.hosts;
  }

  /** Removes what dead labs have left, then makes a new one, with nothing in it yet. */
  static async open(): Promise<Lab> {
    await removeDeadLabs();
    const directory = mkdtempSync(join(tmpdir(), LAB_PREFIX));
    signLab(directory);
    for (const each of ['hosts', 'luns', 'power']) mkdirSync(join(directory, each));
    const hosts = new Map<string, Host>();
    await using made = new AsyncDisposableStack();
    made.defer(() => removeLab(directory));
    const power = made.use(await openPower(join(directory, 'power/power.sock'), hosts));
    const network = made.use(await openSwitch(basename(directory)));
    made.move();
    return new Lab({ directory, power, network, hosts });
  }

  get hosts(): Host[] {
    return [...this.#hosts.values()];
  }

  get luns(): Lun[] {
    return [...this.#luns.values()];
  }

  /** The host of this name, made at the first call; off until it is booted. */
  host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (!NAME.test(name)) throw new Error(`not a name for a host: ${name}`);
    if (this.#hosts.size === HOSTS_MAX) throw new Error('no address is left');
    const made = new Host({
      name,
      number: this.#hosts.size + 1,
      home: join(this.directory, 'hosts', name),
      powerDirectory: join(this.directory, 'power'),
      network: this.#network,
      luns: () => this.luns.filter((lun) => lun.hosts.includes(name)),
    });
    this.#hosts.set(name, made);
    return made;
  }

  /** A shared disk with an ext4 on it, at `/dev/disk/by-id/NAME` of each host, also of those that are on. */
  async lun(name: string, sizeBytes: number, hosts: readonly string[], options: LabLunOptions = {}): Promise<Lun> {
    if (this.#luns.has(name)) throw new Error(`there is a LUN ${name} already`);
    const mmpIntervalS = 'mmpIntervalS' in options ? options.mmpIntervalS : 1;
    const made = await makeLun(join(this.directory, 'luns'), { name, sizeBytes, hosts, mmpIntervalS });
    this.#luns.set(name, made);
    for (const host of this.hosts.filter((each) => each.isOn && hosts.includes(each.name)))
      await host.must(['mknod', '-m660', made.path, 'b', ...made.numberOf(host.name).split(':')]);
    return made;
  }

  /** Cuts one cable of a host, or both. A cut cable stays cut over reboots. */
  async cutLinks(host: string, links: readonly Link[] = LINKS): Promise<void> {
    for (const link of links) await this.#network.cut(host, link);
  }

  async healLinks(host: string, links: readonly Link[] = LINKS): Promise<void> {
    for (const link of links) await this.#network.heal(host, link);
  }

  /** These two hear each other no more; all others hear both. */
  async isolatePair(first: string, second: string): Promise<void> {
    await this.#network.isolate(first, second);
  }

  async healPair(): Promise<void> {
    await this.#network.join();
  }

  /**
   * Hosts that have the LUN mounted: by the mount table of their first process, or by the kernel's own list of ext4, which
   * also has what was unmounted lazily or hidden in a namespace of its own.
   */
  activeOn(lun: Lun): string[] {
    return lun.hosts.filter((name) => {
      const number = lun.numberOf(name);
      return (
        lun.isHeldBy(name) ||
        this.host(name)
          .mounts()
          .some((mount) => mount.device === number)
      );
    });
  }

  /** The judge of "never mounted twice": looks every 20 ms until it is disposed of. */
  watchMounts(): MountWatch {
    return new MountWatch(
      () => this.luns,
      (lun) => this.activeOn(lun),
      WATCH_MS,
    );
  }

  /** @returns milliseconds until the LUN was active on this host and no other */
  async waitActive(lun: Lun, host: string, limitMs: number): Promise<number> {
    const isThere = () => this.activeOn(lun).join() === host;
    const explain = () => `it is active on: ${this.activeOn(lun).join(', ') || 'none'}`;
    return until(`${lun.name} is active on ${host}`, isThere, { limitMs, explain });
  }

  /** Everything off and gone, whatever happened before. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Its numbers of processes and loop devices may be others' by now.
    if (this.#isClosed) return;
    this.#isClosed = true;
    await using ending = new AsyncDisposableStack();
    ending.defer(() => removeLab(this.directory));
    for (const lun of this.luns) ending.defer(() => lun.detach());
    ending.use(this.#network);
    // Last in, first out: nobody may switch a host on again.
    ending.defer(async () => {
      await this.power[Symbol.asyncDispose]();
      await Promise.all(this.hosts.map((host) => host[Symbol.asyncDispose]()));
    });
  }
}

/** A disk that several hosts reach: one image, and for each host a path of its own, which can be lost and come back. */
import { closeSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { attachLoop, detachLoop, hasExt4, isLoopFree, limitLoop, numberOfLoop } from './loop.ts';
import { until } from './wait.ts';

/** A killed host's last words to its disks. */
const RELEASE_MS_MAX = 20_000;

export interface LunOptions {
  name: string;
  sizeBytes: number;
  /** Names of the hosts that have a path to it. */
  hosts: readonly string[];
  /** Seconds between updates of the block for multiple-mount protection; undefined formats it without that. */
  mmpIntervalS: number | undefined;
}

/** With an ext4 on it, not mounted anywhere. */
export async function makeLun(directory: string, options: LunOptions): Promise<Lun> {
  const image = join(directory, `${options.name}.img`);
  writeFileSync(image, '', { flag: 'wx' });
  truncateSync(image, options.sizeBytes);
  const { mmpIntervalS } = options;
  const mmp = mmpIntervalS === undefined ? ['-O', '^mmp'] : ['-O', 'mmp', '-E', `mmp_update_interval=${mmpIntervalS}`];
  const eager = ['-E', 'lazy_itable_init=0,lazy_journal_init=0'];
  await command(['mke2fs', '-q', '-F', '-t', 'ext4', '-L', options.name, ...eager, ...mmp, image]);
  const devices = new Map<string, string>();
  for (const host of options.hosts) devices.set(host, await attachLoop(image));
  return new Lun(options.name, image, devices);
}

export class Lun {
  readonly name: string;
  readonly image: string;
  /** Where every host finds it. */
  readonly path: string;
  readonly #devices: ReadonlyMap<string, string>;
  /** Hosts whose path is lost until it is healed. */
  readonly #lost = new Set<string>();

  constructor(name: string, image: string, devices: ReadonlyMap<string, string>) {
    this.name = name;
    this.image = image;
    this.path = `/dev/disk/by-id/${name}`;
    this.#devices = devices;
  }

  get hosts(): string[] {
    return [...this.#devices.keys()];
  }

  /** The host's path, as this machine knows it. */
  deviceOf(host: string): string {
    const device = this.#devices.get(host);
    if (device === undefined) throw new Error(`host ${host} has no path to LUN ${this.name}`);
    return device;
  }

  /** The host's path, as mount tables know it. */
  numberOf(host: string): string {
    return numberOfLoop(this.deviceOf(host));
  }

  /** All I/O of the host fails from now on, until `heal`. */
  cut(host: string): void {
    limitLoop(this.deviceOf(host), true);
    this.#lost.add(host);
  }

  /** What was mounted through the path stays broken until it is mounted anew. */
  heal(host: string): void {
    limitLoop(this.deviceOf(host), false);
    this.#lost.delete(host);
  }

  /** Nothing of what the host still holds in memory reaches the disk any more. */
  dropPower(host: string): void {
    limitLoop(this.deviceOf(host), true);
  }

  /** Waits until a host that is off has let go, and gives it its path back, unless that was lost on its own. */
  async restorePower(host: string): Promise<void> {
    await this.waitReleased(host);
    if (!this.#lost.has(host)) limitLoop(this.deviceOf(host), false);
  }

  async waitReleased(host: string): Promise<void> {
    const device = this.deviceOf(host);
    await until(`${host}, which is off, lets go of ${this.name}`, () => isLoopFree(device), {
      limitMs: RELEASE_MS_MAX,
      everyMs: 5,
    });
  }

  /** Whether the kernel serves a file system through the host's path, mounted or only held by processes. */
  isHeldBy(host: string): boolean {
    return hasExt4(this.deviceOf(host));
  }

  /** Bytes of the disk itself, past every cache of a host. */
  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const fd = openSync(this.image, 'r');
    try {
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    } finally {
      closeSync(fd);
    }
  }

  async detach(): Promise<void> {
    for (const device of this.#devices.values()) await detachLoop(device);
  }
}

/** Shared storage for tests: one image behind several loop devices, each as a host of its own would see it. Needs root. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Large enough for a journal, small enough to copy at once. */
const IMAGE_BYTES = 32 * 1024 * 1024;

export class Lun implements Disposable {
  readonly image: string;
  readonly #directory: string;
  #devices: string[] = [];
  #mounts: string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    this.image = join(directory, 'image');
  }

  /** A path to it: another loop device, as another host has another device of its own. */
  attach(): string {
    const device = run('losetup', ['--find', '--show', '--direct-io=on', this.image]).trim();
    this.#devices.push(device);
    return device;
  }

  /** @returns the directory it is mounted on */
  mount(device: string, options: readonly string[] = []): string {
    const at = this.mountPoint();
    run('mount', ['-t', 'ext4', ...options, device, at]);
    this.#mounts.push(at);
    return at;
  }

  /** A new empty directory. */
  mountPoint(): string {
    return mkdtempSync(join(this.#directory, 'mnt-'));
  }

  unmount(at: string): void {
    run('umount', [at]);
    this.#mounts = this.#mounts.filter((each) => each !== at);
  }

  /** What a host leaves that dies now: a copy as it is on the disk. */
  crashed(): Lun {
    const copy = new Lun(mkdtempSync(join(tmpdir(), 'holdfast-lun-')));
    copyFileSync(this.image, copy.image);
    return copy;
  }

  [Symbol.dispose](): void {
    for (const at of this.#mounts) run('umount', [at]);
    for (const device of this.#devices) run('losetup', ['--detach', device]);
    this.#mounts = [];
    this.#devices = [];
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** An image with a file system that `make` and its arguments put there; the path of the image comes last. */
export function makeLun(make: string, args: readonly string[], bytes = IMAGE_BYTES): Lun {
  const lun = new Lun(mkdtempSync(join(tmpdir(), 'holdfast-lun-')));
  writeFileSync(lun.image, '');
  truncateSync(lun.image, bytes);
  run(make, [...args, lun.image]);
  return lun;
}

/** ext4 with multiple-mount protection, updated every second. */
export function makeExt4(args: readonly string[] = []): Lun {
  return makeLun('mke2fs', ['-q', '-t', 'ext4', '-O', 'mmp', '-E', 'mmp_update_interval=1', ...args]);
}

export function run(command: string, args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

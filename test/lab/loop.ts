/**
 * Loop devices (loop(4)): a file as a block device. Two of one file are two paths to one disk, each with a superblock and
 * a cache of its own, as two hosts have. A path is lost by shrinking its device, so that all I/O beyond fails.
 */
import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import koffi from 'koffi';
import { errnoOf } from '../../src/base/errors.ts';
import { command } from './command.ts';
import { until } from './wait.ts';

const LOOP_SET_STATUS64 = 0x4c04;
const LOOP_GET_STATUS64 = 0x4c05;
/** struct loop_info64 of linux/loop.h, and where in it `lo_sizelimit` stands. */
const INFO_BYTES = 232;
const SIZE_LIMIT_AT = 32;
/** Less than any file system needs: not even its superblock can be read with the block it lies in. */
const CUT_BYTES = 4096n;
const DETACH_MS_MAX = 10_000;

const ioctl = koffi.load(null).func('ioctl', 'int', ['int', 'ulong', 'void *']) as (...args: unknown[]) => number;

/** @returns path of a new device for `file` */
export async function attachLoop(file: string): Promise<string> {
  return (await command(['losetup', '--find', '--show', file])).trim();
}

/** Waits until it is really gone, as one that is in use goes only when its last user does. */
export async function detachLoop(device: string): Promise<void> {
  if (backingFileOf(device) === undefined) return;
  const file = backingFileOf(device);
  await command(['losetup', '--detach', device]);
  await until(`${device} is detached`, () => backingFileOf(device) !== file, { limitMs: DETACH_MS_MAX });
}

/** Fails all further I/O of the device, or lets it work again. What is in flight is completed first. */
export function limitLoop(device: string, isCut: boolean): void {
  const info = Buffer.alloc(INFO_BYTES);
  const fd = openSync(device, constants.O_RDONLY);
  try {
    if (ioctl(fd, LOOP_GET_STATUS64, info) !== 0) throw failure('LOOP_GET_STATUS64', device);
    info.writeBigUInt64LE(isCut ? CUT_BYTES : 0n, SIZE_LIMIT_AT);
    if (ioctl(fd, LOOP_SET_STATUS64, info) !== 0) throw failure('LOOP_SET_STATUS64', device);
  } finally {
    closeSync(fd);
  }
}

/** Whether nobody holds it for a file system. Asking claims it for a moment: only for devices of a host that is off. */
export function isLoopFree(device: string): boolean {
  try {
    closeSync(openSync(device, constants.O_RDWR | constants.O_EXCL));
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EBUSY') throw error;
    return false;
  }
}

/** `MAJOR:MINOR`, as mount tables have it. */
export function numberOfLoop(device: string): string {
  const { rdev } = statSync(device);
  return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
}

/** Whether the kernel has an ext4 of this device, also one that no mount table shows any more. */
export function hasExt4(device: string): boolean {
  return existsSync(`/sys/fs/ext4/${basename(device)}`);
}

/** Devices whose file lies below `directory`, also when it was removed. */
export function loopsBelow(directory: string): string[] {
  const names = readdirSync('/sys/block').filter((name) => /^loop\d+$/.test(name));
  const devices = names.map((name) => `/dev/${name}`);
  return devices.filter((device) => backingFileOf(device)?.startsWith(`${directory}/`) === true);
}

function backingFileOf(device: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${basename(device)}/loop/backing_file`, 'utf8').trim();
  } catch (error) {
    // ENXIO: detached between opening and reading.
    if (!['ENOENT', 'ENXIO', 'ENODEV', 'EIO'].includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}

function failure(call: string, device: string): Error {
  return new Error(`${call} of ${device} failed with errno ${koffi.errno()}`);
}

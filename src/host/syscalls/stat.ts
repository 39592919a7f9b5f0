/** File attributes by statx(2), into a record that is used again and again. */
import { AT_SYMLINK_NOFOLLOW, bind, failedWith, failure, placeName, scratch } from './libc.ts';

const STATX_BASIC_STATS = 0x7ff;
/** Do not mount what is automounted on demand, as lstat(2). */
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
const WORD = 0x1_0000_0000;

const statx = bind('statx', 'int', ['int', 'uintptr_t', 'int', 'uint', 'uintptr_t']);
const result = scratch(256);
const unsigned = new Uint32Array(result.bytes.buffer);
const signed = new Int32Array(result.bytes.buffer);

/**
 * Attributes of one file. Times are seconds since 1970 (negative before) and nanoseconds 0–999,999,999; seconds beyond
 * ±2^53 are rounded. Plain fields cost nothing to fill; what needs big numbers is computed when asked for.
 */
export class StatRecord {
  /** Type and permission bits; 0 when the record describes no file. */
  mode = 0;
  uid = 0;
  gid = 0;
  links = 0;
  /** Bytes. */
  size = 0;
  /** Units of 512 bytes in use. */
  blocks = 0;
  mtimeSeconds = 0;
  mtimeNanos = 0;
  atimeSeconds = 0;
  atimeNanos = 0;
  ctimeSeconds = 0;
  ctimeNanos = 0;
  inodeLow = 0;
  inodeHigh = 0;
  rdevMajor = 0;
  rdevMinor = 0;
  deviceMajor = 0;
  deviceMinor = 0;

  get inode(): bigint {
    return (BigInt(this.inodeHigh) << 32n) | BigInt(this.inodeLow);
  }

  /** Decimal digits, exact above 2^53 too. */
  get inodeText(): string {
    if (this.inodeHigh === 0) return String(this.inodeLow);
    return this.inodeHigh < 0x20_0000 ? String(this.inodeHigh * WORD + this.inodeLow) : String(this.inode);
  }

  /** The device a device node stands for, as `st_rdev` of stat(2). */
  get rdev(): bigint {
    return deviceNumber(this.rdevMajor, this.rdevMinor);
  }

  /** The device the file lies on, as `st_dev` of stat(2). */
  get device(): bigint {
    return deviceNumber(this.deviceMajor, this.deviceMinor);
  }
}

/** The C library's encoding of a device (makedev(3)). */
export function deviceNumber(major: number, minor: number): bigint {
  const high = BigInt(major & 0xffff_f000) << 32n;
  return BigInt.asUintN(64, high | (BigInt(major & 0xfff) << 8n) | (BigInt(minor >>> 8) << 20n) | BigInt(minor & 0xff));
}

/**
 * Reads the attributes of `name` in the directory `dirFd`, of a symbolic link itself. An empty name means the open
 * file `dirFd`.
 * @returns false when there is no such file; `stat.mode` is then 0. @throws {SystemError} on anything else.
 */
export function statInto(dirFd: number, name: string, stat: StatRecord): boolean {
  const flags = name === '' ? FLAGS | AT_EMPTY_PATH : FLAGS;
  if (statx(dirFd, placeName(name), flags, STATX_BASIC_STATS, result.address) !== 0) {
    if (!failedWith('ENOENT')) throw failure('statx', name);
    stat.mode = 0;
    return false;
  }
  fill(stat);
  return true;
}

/** Offsets as in struct statx, in 32-bit words. */
function fill(stat: StatRecord): void {
  stat.links = unsigned[4]!;
  stat.uid = unsigned[5]!;
  stat.gid = unsigned[6]!;
  stat.mode = unsigned[7]! & 0xffff;
  stat.inodeLow = unsigned[8]!;
  stat.inodeHigh = unsigned[9]!;
  stat.size = unsigned[11]! * WORD + unsigned[10]!;
  stat.blocks = unsigned[13]! * WORD + unsigned[12]!;
  stat.atimeSeconds = signed[17]! * WORD + unsigned[16]!;
  stat.atimeNanos = unsigned[18]!;
  stat.ctimeSeconds = signed[25]! * WORD + unsigned[24]!;
  stat.ctimeNanos = unsigned[26]!;
  stat.mtimeSeconds = signed[29]! * WORD + unsigned[28]!;
  stat.mtimeNanos = unsigned[30]!;
  stat.rdevMajor = unsigned[32]!;
  stat.rdevMinor = unsigned[33]!;
  stat.deviceMajor = unsigned[34]!;
  stat.deviceMinor = unsigned[35]!;
}

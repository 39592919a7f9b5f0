/**
 * How the C library is called: functions bound once, arguments placed in fixed scratch memory, errno turned into errors.
 *
 * Names and paths are raw: a string with one character (U+0000–U+00FF) per byte, so that names which are not UTF-8
 * survive. Scratch memory is handed over by its address as a plain number: measured on Linux 6.18, a statx(2) call takes
 * 1.34 µs that way, 1.40 µs with koffi converting a string, 1.48 µs with Buffers as arguments. The memory lies outside
 * V8's heap, never moves and is held by this module, so the addresses stay valid as long as the thread.
 * Structures are filled through little-endian typed arrays: x86-64 and arm64, the machines Holdfast ships for.
 */
import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';
import { assert } from '../../base/assert.ts';

/** `-1` with errno set, or the call's result. Results above 2^53 do not occur in the calls bound here. */
export type Call = (...args: (number | bigint | Uint8Array | null)[]) => number;

export interface Scratch {
  readonly bytes: Buffer;
  readonly address: number;
}

/** A failed system call, shaped like Node's own: `code` is the name of the errno (`ENOENT`), as `errnoOf` reads it. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  /** Raw, one character per byte. */
  readonly path: string;

  constructor(syscall: string, path: string, errno: number) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [codeOf(errno), 'system call failed'];
    super(`${code}: ${text}, ${syscall} '${Buffer.from(path, 'latin1').toString()}'`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.path = path;
  }
}

const library = koffi.load(null);
const ERRNO: Record<string, number> = koffi.os.errno;

/** One byte less than PATH_MAX (linux/limits.h), which counts the final NUL. */
const PATH_BYTES_MAX = 4095;

/** The directory descriptor that stands for the working directory; absolute paths ignore it (openat(2)). */
export const CWD = -100;

/** Acts on a symbolic link itself, never on what it points to. */
export const AT_SYMLINK_NOFOLLOW = 0x100;

/** Binds a function of the C library. @throws koffi's error when the library has no such function. */
export function bind(name: string, result: string, parameters: string[]): Call {
  return library.func(name, result, parameters) as Call;
}

/** For system calls the C library has no wrapper for, or not in every version we run with. */
export const syscall = bind('syscall', 'long', ['long', 'long', 'long', 'long', 'long', 'long', 'long']);

/** Memory for arguments and results, zeroed; never freed, so only for module constants. */
export function scratch(size: number): Scratch {
  const bytes = Buffer.from(new ArrayBuffer(size));
  return { bytes, address: Number(koffi.address(bytes)) };
}

const nameScratch = scratch(PATH_BYTES_MAX + 1);
const otherScratch = scratch(PATH_BYTES_MAX + 1);

/** Puts a raw name where the next call finds it. @returns its address. @throws {SystemError} ENAMETOOLONG; EINVAL on a NUL. */
export function placeName(name: string): number {
  return place(name, nameScratch);
}

/** As `placeName`, for calls that take a second name. */
export function placeOther(name: string): number {
  return place(name, otherScratch);
}

/** The error of the call that just failed with -1. */
export function failure(syscallName: string, path: string): SystemError {
  return new SystemError(syscallName, path, koffi.errno());
}

/** An error the kernel would give, found before asking it. */
export function refusal(code: string, syscallName: string, path: string): SystemError {
  const errno = ERRNO[code];
  assert(errno !== undefined, `errno ${code}`);
  return new SystemError(syscallName, path, errno);
}

/** True when the call that just failed did so with one of `codes`. */
export function failedWith(...codes: string[]): boolean {
  const errno = koffi.errno();
  return codes.some((code) => ERRNO[code] === errno);
}

/** Writes a signed 64-bit number at `offset`, exactly; a bigint where a double cannot hold it. */
export function putInt64(to: Buffer, value: number | bigint, offset: number): void {
  if (typeof value === 'bigint') {
    to.writeBigInt64LE(value, offset);
    return;
  }
  to.writeUInt32LE(value >>> 0, offset);
  to.writeInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}

function place(name: string, { bytes, address }: Scratch): number {
  const length = name.length;
  if (length > PATH_BYTES_MAX) throw refusal('ENAMETOOLONG', 'name', name);
  for (let i = 0; i < length; i++) {
    const byte = name.charCodeAt(i);
    if (byte === 0 || byte > 0xff) throw unplaceable(name);
    bytes[i] = byte;
  }
  bytes[length] = 0;
  return address;
}

function unplaceable(name: string): Error {
  assert(/^[\0-\xff]*$/.test(name), 'a raw name has one character per byte');
  return refusal('EINVAL', 'name', name);
}

function codeOf(errno: number): string {
  return Object.keys(ERRNO).find((code) => ERRNO[code] === errno) ?? 'EUNKNOWN';
}

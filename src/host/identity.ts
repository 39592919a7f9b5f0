import { hostname } from 'node:os';
import koffi from 'koffi';
import { errnoOf } from '../base/errors.ts';

/** Who and where we are, and what the machine calls its users and groups. */
export interface Identity {
  readonly hostname: string;
  /** Name of the user; empty when the machine knows none. */
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  /** Number of this process. */
  readonly pid: number;
  /** Name of a user by number; empty when there is none. */
  userName(uid: number): string;
  /** Name of a group by number; empty when there is none. */
  groupName(gid: number): string;
  isProcessAlive(pid: number): boolean;
}

const BUFFER_BYTES = 4096;
/** A group with tens of thousands of members still fits. */
const BUFFER_BYTES_MAX = 4 * 1024 * 1024;
/** struct passwd and struct group take 48 and 32 bytes and begin with a pointer to the name, which lies in the buffer. */
const ENTRY_BYTES = 64;

type Lookup = (id: number, entry: Buffer, buffer: Buffer, length: number, found: Buffer) => number;

/** This machine's. Names come from the C library, so that directory services (NSS) answer too, each number once. */
export function systemIdentity(): Identity {
  const uid = process.getuid?.() ?? 0;
  const library = koffi.load(null);
  const signature = (name: string) =>
    library.func(name, 'int', ['uint', 'void *', 'void *', 'size_t', 'void *']) as Lookup;
  const userName = cached(signature('getpwuid_r'));
  return {
    hostname: hostname(),
    username: userName(uid),
    uid,
    gid: process.getgid?.() ?? 0,
    pid: process.pid,
    userName,
    groupName: cached(signature('getgrgid_r')),
    isProcessAlive: isNumberInUse,
  };
}

/** One made of values, for tests; knows no names and no processes but those given. */
export function fixedIdentity(given: Partial<Identity> = {}): Identity {
  return {
    hostname: 'host',
    username: 'user',
    uid: 1000,
    gid: 1000,
    pid: 4711,
    userName: () => '',
    groupName: () => '',
    isProcessAlive: () => false,
    ...given,
  };
}

function cached(lookup: Lookup): (id: number) => string {
  const names = new Map<number, string>();
  return (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const name = nameById(lookup, id);
    names.set(id, name);
    return name;
  };
}

/** Empty when the number has no entry or its service does not answer: a name is a comfort, the number is what counts. */
function nameById(lookup: Lookup, id: number): string {
  const entry = Buffer.alloc(ENTRY_BYTES);
  const found = Buffer.alloc(8);
  for (let size = BUFFER_BYTES; size <= BUFFER_BYTES_MAX; size *= 4) {
    const buffer = Buffer.alloc(size);
    const errno = lookup(id >>> 0, entry, buffer, size, found);
    if (errno === koffi.os.errno['ERANGE']) continue;
    if (errno !== 0 || found.readBigUInt64LE() === 0n) return '';
    const start = Number(entry.readBigUInt64LE() - koffi.address(buffer));
    return buffer.toString('utf8', start, buffer.indexOf(0, start));
  }
  return '';
}

/** A process of another user is alive too; it only may not be signalled. */
export function isNumberInUse(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    if (errnoOf(error) === 'EPERM') return true;
    throw error;
  }
}

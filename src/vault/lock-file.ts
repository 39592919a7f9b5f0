/** Lock documents, as restic writes them; who may hold what is decided elsewhere. */
import { AppError } from '../base/errors.ts';
import { Fields, objectJson } from './fields.ts';
import { jsonString } from './go-quote.ts';
import { parseInstant } from './time.ts';

const U32_MAX = 0xffff_ffff;

export interface LockDocument {
  /** RFC 3339 text of the last refresh. */
  time: string;
  exclusive: boolean;
  hostname: string;
  username: string;
  pid: number;
  uid: number;
  gid: number;
}

export function encodeLock(lock: LockDocument): string {
  return objectJson({
    time: jsonString(lock.time),
    exclusive: lock.exclusive,
    hostname: jsonString(lock.hostname),
    username: jsonString(lock.username),
    pid: lock.pid,
    uid: lock.uid || undefined,
    gid: lock.gid || undefined,
  });
}

/** @throws {AppError} `file-damaged` */
export function decodeLock(plain: Uint8Array): LockDocument {
  const fields = Fields.parse(Buffer.from(plain).toString(), 'lock');
  const time = fields.string('time');
  if (parseInstant(time) === undefined) throw new AppError('file-damaged', { detail: 'lock has no proper time' });
  return {
    time,
    exclusive: fields.boolean('exclusive'),
    hostname: fields.string('hostname'),
    username: fields.string('username'),
    pid: fields.integer('pid'),
    uid: fields.integer('uid', U32_MAX),
    gid: fields.integer('gid', U32_MAX),
  };
}

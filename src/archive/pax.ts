/** Extended headers of the pax form (POSIX.1-2017, pax, "pax Extended Header"): `length key=value\n` for what a plain header cannot say. */
import { isUtf8 } from 'node:buffer';
import type { ExtendedAttribute } from '../vault.ts';
import { aclText } from './acl.ts';

const ACL_KEYS: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SCHILY.acl.access',
  'system.posix_acl_default': 'SCHILY.acl.default',
};

export class PaxRecords {
  readonly #records: Buffer[] = [];
  #isBinary = false;

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** A value of our own making. */
  add(key: string, value: string | Uint8Array): void {
    const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    this.#records.push(Buffer.concat([Buffer.from(String(recordLength(body.length))), body]));
  }

  /** A name, raw. Names are UTF-8 here unless the header says that they are just bytes. */
  addName(key: string, raw: string): void {
    const bytes = Buffer.from(raw, 'latin1');
    if (!isUtf8(bytes) && !this.#isBinary) {
      this.#isBinary = true;
      this.add('hdrcharset', 'BINARY');
    }
    this.add(key, bytes);
  }

  /** As GNU tar and star keep them: the bytes under the attribute's name, access lists as text. */
  addAttribute({ name, value }: ExtendedAttribute): void {
    const aclKey = ACL_KEYS[name];
    const acl = aclKey === undefined ? undefined : aclText(value);
    if (aclKey !== undefined && acl !== undefined) this.add(aclKey, acl);
    else this.add(`SCHILY.xattr.${name.replaceAll('%', '%25').replaceAll('=', '%3D')}`, value);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#records);
  }
}

/** The length counts its own digits. */
function recordLength(bodyLength: number): number {
  let length = bodyLength + String(bodyLength).length;
  if (String(length).length > String(bodyLength).length) length++;
  return length;
}

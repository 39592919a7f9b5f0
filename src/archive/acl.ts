/** POSIX access lists as the kernel keeps them in attributes (acl(5); linux/posix_acl_xattr.h). */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const TAGS: Readonly<Record<number, string>> = {
  1: 'user',
  2: 'user',
  4: 'group',
  8: 'group',
  16: 'mask',
  32: 'other',
};
/** Entries for one user or group carry its number. */
const NAMED = [2, 8];

/** The long text form on one line: `user::rw-,user:1000:r--,…`; undefined when the bytes are no such list. */
export function aclText(value: Uint8Array): string | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length < HEADER_BYTES || (value.length - HEADER_BYTES) % ENTRY_BYTES !== 0) return undefined;
  if (view.getUint32(0, true) !== VERSION) return undefined;
  const entries: string[] = [];
  for (let at = HEADER_BYTES; at < value.length; at += ENTRY_BYTES) {
    const tag = view.getUint16(at, true);
    const name = TAGS[tag];
    if (name === undefined) return undefined;
    const who = NAMED.includes(tag) ? String(view.getUint32(at + 4, true)) : '';
    entries.push(`${name}:${who}:${permissions(view.getUint16(at + 2, true))}`);
  }
  return entries.join(',');
}

function permissions(bits: number): string {
  return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`;
}

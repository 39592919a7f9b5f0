/** What stands where the device of a filesystem should: mount(8), and `device` of ocf:heartbeat:Filesystem. */
import type { SharedFilesystem } from '../state.ts';

export type DevicePlace =
  /** A path on each host that reaches it. */
  | { kind: 'path'; path: string }
  /** On no host of the cluster: a server, or memory. */
  | { kind: 'elsewhere' }
  /** Nobody can tell from these words, and nothing may be concluded. */
  | { kind: 'unknown' };

/** Types of filesystems that are on no device. */
const WITHOUT_DEVICE =
  /^(?:nfs[34]?|cifs|smb3?|smbfs|glusterfs|fuse\.glusterfs|ceph|tmpfs|overlay|beegfs|gpfs|9p|aufs|proc)$/;
/** `-U UUID`, `-UUUID`, `UUID=…`, `LABEL="…"`, as mount(8) and the agent take them. */
const BY_TAG = /^(?:-(?<option>[UL])\s*|(?<name>UUID|LABEL|PARTUUID|PARTLABEL)=)(?<quote>["']?)(?<value>.+)\k<quote>$/;
/** Folders that udev keeps. */
const FOLDERS: Readonly<Record<string, string>> = {
  U: 'by-uuid',
  L: 'by-label',
  UUID: 'by-uuid',
  LABEL: 'by-label',
  PARTUUID: 'by-partuuid',
  PARTLABEL: 'by-partlabel',
};

export function placeOfDevice({ device, kind }: Pick<SharedFilesystem, 'device' | 'kind'>): DevicePlace {
  const text = device.trim();
  if (WITHOUT_DEVICE.test(kind ?? '') || text.startsWith('//')) return { kind: 'elsewhere' };
  if (text.startsWith('/')) return { kind: 'path', path: text };
  const tag = BY_TAG.exec(text)?.groups;
  if (tag === undefined) return text.includes(':') ? { kind: 'elsewhere' } : { kind: 'unknown' };
  const { option, name, value = '' } = tag;
  const folder = FOLDERS[option ?? name ?? '']!;
  return { kind: 'path', path: `/dev/disk/${folder}/${encoded(folder === 'by-uuid' ? value.toLowerCase() : value)}` };
}

/** As udev writes a name that is not plain: each byte that is not as `\x20`. */
function encoded(name: string): string {
  return [...name].map((each) => (/^[\w#+\-.:=@\u0080-\u{10ffff}]$/u.test(each) ? each : hexOf(each))).join('');
}

function hexOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

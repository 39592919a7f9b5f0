/** What a resource needs for itself alone: whatever two groups name, both nodes would use at once. */
import { live } from '../cluster.ts';

/** Mounted on several nodes by design, or on no device. */
const SHARED = [
  'nfs',
  'nfs4',
  'efs',
  'cifs',
  'smbfs',
  'gfs',
  'gfs2',
  'ocfs2',
  'glusterfs',
  'ceph',
  'tmpfs',
  'overlay',
  'overlayfs',
  'none',
  'bind',
];

export interface Mounted {
  device: string;
  type: string | undefined;
  options: string | undefined;
}

/** Whether several nodes may have it at once: a network file system (also a client of Lustre), a directory, or memory. */
export function isSharedMount({ device, type, options }: Mounted): boolean {
  return (
    SHARED.includes(type ?? '') ||
    /(?:^|,)r?bind(?:,|$)/.test(options ?? '') ||
    // host:/path; of a device by its label the name stands behind an equals sign.
    /^[^/=]+:\//.test(device)
  );
}

/** The path of what mount(8) also takes as `LABEL=x`, `UUID=x` and so on, and Filesystem as `-Lx` and `-Ux`. */
export function devicePath(device: string): string {
  const place = live.placeOfDevice({ device, kind: undefined });
  return plainPath(place.kind === 'path' ? place.path : device.replace(/^ID=/, '/dev/disk/by-id/'));
}

export function plainPath(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}

/** Of a script of `resource.d`, as messages name it: `/dev/sda`, `volume group vg1`, `10.0.0.1`. */
export function claimOfScript(script: string, params: readonly string[]): string | undefined {
  const [first, second, type, options] = params;
  switch (script) {
    case 'Raid1':
      return claimOfAgent('mdraid', { md_dev: second ?? first });
    case 'Filesystem':
      return claimOfAgent(script, { device: first, fstype: type, options });
    case 'IPaddr':
    case 'IPaddr2':
    case 'IPv6addr':
      return claimOfAgent('IPaddr2', { ip: first });
    case 'LVM':
      return claimOfAgent(script, { volgrpname: first });
    case 'drbddisk':
      return claimOfAgent('drbd', { drbd_resource: first });
    case 'LinuxSCSI':
    case 'ICP':
    case 'ServeRAID':
      return first && `${script} ${params.join(' ')}`;
    default:
      return undefined;
  }
}

/** Of an agent, by the last part of its name. */
export function claimOfAgent(type: string, params: Readonly<Record<string, string | undefined>>): string | undefined {
  const { device, target, ip, volgrpname, vgname, lvname, md_dev: array, drbd_resource: replicated, pool } = params;
  switch (type) {
    case 'Filesystem':
      if (!device || isSharedMount({ device, type: params['fstype'], options: params['options'] })) return undefined;
      return devicePath(device);
    case 'Lustre':
      return target && devicePath(target);
    case 'mdraid':
      return array && devicePath(array);
    case 'IPaddr':
    case 'IPaddr2':
    case 'IPv6addr':
      return (ip ?? params['ipv6addr'])?.split('/')[0]?.toLowerCase();
    case 'LVM':
      return volgrpname && `volume group ${devicePath(volgrpname).replace(/^\/dev\//, '')}`;
    case 'LVM-activate':
      if (!vgname || params['vg_access_mode'] === 'lvmlockd') return undefined;
      return lvname ? `logical volume ${vgname}/${lvname}` : `volume group ${vgname}`;
    case 'drbd':
      return replicated && `DRBD resource ${replicated}`;
    case 'ZFS':
      return pool && `pool ${pool}`;
    default:
      return undefined;
  }
}

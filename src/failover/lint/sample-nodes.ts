/** A pair in which nothing is wrong, for tests to break. */
import { heartbeat } from '../../cluster.ts';
import type { Found, LintNode, MmpFeature } from './model.ts';

export const HA_CF = `logfacility local0
keepalive 2
warntime 20
deadtime 60
initdead 180
udpport 694
bcast eth0 ib0
auto_failback off
node oss01 oss02
stonith_host oss01 external/ipmi oss02 10.0.9.2 root Pa55w0rd lanplus
stonith_host oss02 external/ipmi oss01 10.0.9.1 root Pa55w0rd lanplus
`;
export const HARESOURCES = `oss01 Raid1::/etc/mdadm.conf.oss::/dev/md1 Filesystem::/dev/md1::/mnt/ost01::lustre
oss02 Raid1::/etc/mdadm.conf.oss::/dev/md2 Filesystem::/dev/md2::/mnt/ost02::lustre
`;
export const AUTHKEYS = 'auth 1\n1 sha1 q7Wv0mC2xTzr9LbE\n';
const FSTAB = '/dev/sda1 / ext4 defaults 0 1\n/dev/md1 /mnt/ost01 lustre noauto 0 0\n';
const MDADM = 'DEVICE partitions\nARRAY /dev/md0 UUID=1:2:3:4\n';

/** What differs from the sound node; null for a file that is not there, undefined for one nobody looked at. */
export interface Change {
  haCf?: string | null | undefined;
  haresources?: string | null | undefined;
  authkeys?: string | null | undefined;
  fstab?: string | null | undefined;
  mdadmConf?: string | null | undefined;
  hostName?: string | undefined;
  modes?: { haCf?: number; authkeys?: number };
  uid?: number;
  resourceScripts?: readonly string[] | undefined;
  initScripts?: readonly string[];
  boot?: readonly string[] | undefined;
  mmp?: Readonly<Record<string, MmpFeature>> | undefined;
  unreachable?: string;
}

export function sampleNode(name: string, change: Change = {}): LintNode {
  const whole: Change = { ...SOUND, hostName: name, ...change };
  const { resourceScripts, initScripts = [], boot, mmp, unreachable } = whole;
  const keys = found(`${name}:/etc/ha.d/authkeys`, whole.authkeys, {
    mode: whole.modes?.authkeys ?? 0o600,
    uid: whole.uid ?? 0,
  });
  const plain = (path: string, text: string | null | undefined, mode = 0o644) =>
    found(`${name}:${path}`, text, { mode, uid: 0 });
  return {
    name,
    hostName: whole.hostName,
    haCf: plain('/etc/ha.d/ha.cf', whole.haCf, whole.modes?.haCf ?? 0o600),
    haresources: plain('/etc/ha.d/haresources', whole.haresources),
    authkeys: keys.kind === 'read' ? { ...keys, content: heartbeat.parseAuthkeys(keys.content, keys.path) } : keys,
    fstab: plain('/etc/fstab', whole.fstab),
    mdadmConf: plain('/etc/mdadm.conf', whole.mdadmConf),
    scripts: resourceScripts && { resource: new Set(resourceScripts), init: new Set(initScripts) },
    bootServices: boot && new Set(boot),
    mmp: mmp && new Map(Object.entries(mmp)),
    ...(unreachable === undefined ? {} : { unreachable }),
  };
}

const SOUND: Change = {
  haCf: HA_CF,
  haresources: HARESOURCES,
  authkeys: AUTHKEYS,
  fstab: FSTAB,
  mdadmConf: MDADM,
  resourceScripts: ['Filesystem', 'Raid1', 'IPaddr', 'LVM'],
  boot: ['sshd'],
  mmp: { '/dev/md1': 'on', '/dev/md2': 'on' },
};

function found(
  path: string,
  text: string | null | undefined,
  { mode, uid }: { mode: number; uid: number },
): Found<string> {
  if (text === undefined) return { kind: 'unknown', path };
  return text === null ? { kind: 'absent', path } : { kind: 'read', path, content: text, mode, uid };
}

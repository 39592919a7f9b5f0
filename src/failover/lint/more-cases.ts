/** Cases of STONITH, storage and services; for tests. */
import type { Case, Pair } from './cases.ts';
import { HA_CF, HARESOURCES } from './sample-nodes.ts';

const STONITH = /stonith_host[\s\S]*/;
const fences = (lines: string): Pair => [{ haCf: HA_CF.replace(STONITH, lines) }];
const resources = (haresources: string): Pair => [{ haresources }];
const error = (pair: Pair, text: RegExp) => ({ pair, level: 'error', text }) as const;
const warning = (pair: Pair, text: RegExp) => ({ pair, level: 'warning', text }) as const;
const note = (pair: Pair, text: RegExp) => ({ pair, level: 'note', text }) as const;

const PLAIN = 'oss01 Filesystem::/dev/sdb::/mnt/a::ext4\noss02 Filesystem::/dev/sdc::/mnt/b::ext4\n';

export const MORE_CASES: Readonly<Record<string, Case>> = {
  'stonith-absent': {
    bad: { none: error(fences(''), /no STONITH/) },
    good: { 'one for both': fences('stonith_host * external/ssh oss01,oss02\n'), 'a manager': fences('crm on\n') },
  },
  'stonith-self': {
    bad: {
      itself: error(fences('stonith_host oss01 external/ipmi oss01 sp root x lan\n'), /nothing but oss01/),
      both: warning(
        fences('stonith_host oss01 apcmaster oss01,oss02\nstonith_host oss02 meatware oss01\n'),
        /also oss01/,
      ),
      suicide: error(fences('stonith_host * suicide\n'), /never the peer/),
    },
    good: { 'any node, both targets': fences('stonith_host * external/libvirt oss01,oss02 qemu:///\n') },
  },
  'stonith-shadowed': {
    bad: {
      'two for all': warning(
        fences('stonith_host * external/ipmi oss01 a b c lan\nstonith_host * external/ipmi oss02 a b c lan\n'),
        /oss01 never uses this device.*line 11/,
      ),
    },
    good: { 'one each': [] },
  },
  'stonith-coverage': {
    bad: {
      'only one may': error(fences('stonith_host oss01 external/ipmi oss02 a b c lan\n'), /oss02 has no device/),
      'wrong peer': error(
        fences('stonith_host * external/ipmi oss01 a b c lan\n'),
        /does not switch oss01|oss01 uses does not switch oss02/,
      ),
      suicide: error(fences('stonith_host * suicide\n'), /does not switch oss02/),
    },
    good: {
      'not told which': fences('stonith_host * baytech 10.0.0.3 login secret\n'),
      capitals: fences('stonith_host * meatware OSS01,OSS02\n'),
    },
  },
  'stonith-type': {
    bad: { misspelt: error(fences('stonith_host * meetware oss01 oss02\n'), /no known one/) },
    good: { "a script of the site's own": fences('stonith_host * external foo /etc/ha.d/reset oss01 oss02\n') },
  },
  'stonith-user': {
    bad: { stranger: error([{ haCf: `${HA_CF}stonith_host oss1 meatware oss02\n` }], /oss1 is no node/) },
    good: { any: fences('stonith_host * meatware oss01 oss02\n') },
  },
  'stonith-unfit': {
    bad: {
      null: error(fences('stonith_host * null oss01 oss02\n'), /nothing is protected/),
      ssh: error(fences('stonith_host * external ssh oss01,oss02\n'), /a dead one/),
    },
    good: { ipmi: [] },
  },
  'stonith-readable': {
    bad: { everybody: warning([{ modes: { haCf: 0o644 } }, {}], /everybody on oss01.*line 10/) },
    good: {
      'nothing secret': [
        { haCf: HA_CF.replace(STONITH, 'stonith_host * meatware oss01 oss02\n'), modes: { haCf: 0o644 } },
      ],
    },
  },
  'stonith-unknown': {
    bad: {
      'knows its outlets': note(fences('stonith_host * baytech 10.0.0.3 login secret\n'), /baytech switches/),
      file: note(fences('stonith baytech /etc/ha.d/bay.cf\n'), /not known/),
    },
    good: { named: [] },
  },
  'shared-twice': {
    bad: {
      device: error(
        resources(`${PLAIN}oss02 Filesystem::/dev//sdb::/mnt/c::ext4\n`),
        /\/dev\/sdb is in another group as well, on line 1/,
      ),
      'mount point': error(resources(`${PLAIN}oss02 Filesystem::/dev/sdd::/mnt/a/::ext4\n`), /\/mnt\/a/),
      address: error(resources('oss01 10.0.0.1/24/eth0 a\noss02 IPaddr2::10.0.0.1 b\n'), /10\.0\.0\.1/),
      'volume group': error(resources('oss01 LVM::vg1 a\noss02 LVM::vg1 b\n'), /volume group vg1/),
      'label in two spellings': error(
        resources('oss01 Filesystem::LABEL=o1::/a::ext4\noss02 Filesystem::-Lo1::/b::ext4\n'),
        /\/dev\/disk\/by-label\/o1 is in another group/,
      ),
      'array and mount': error(
        resources('oss01 Raid1::/m.conf::/dev/md1 a\noss02 Filesystem::/dev/md1::/b::ext4\n'),
        /\/dev\/md1/,
      ),
      'address of IPv6': error(
        resources('oss01 IPv6addr::fd00:0:0:0:0:0:0:A/64 a\noss02 IPv6addr::fd00:0:0:0:0:0:0:a b\n'),
        /fd00:0:0:0:0:0:0:a/,
      ),
    },
    good: {
      'twice in one group': resources('oss01 IPaddr::10.0.0.1 SendArp::10.0.0.1\n'),
      'what is no device of one node': resources(
        'oss01 Filesystem::tmpfs::/a::tmpfs Filesystem::nas:/x::/b Filesystem::/srv::/c::none::bind ' +
          'Filesystem::mgs@tcp:/scratch::/l1::lustre\n' +
          'oss02 Filesystem::tmpfs::/d::tmpfs Filesystem::nas:/x::/e Filesystem::/srv::/f::none::ro,bind ' +
          'Filesystem::mgs@tcp:/scratch::/l2::lustre\n',
      ),
    },
  },
  'group-key': {
    bad: {
      same: error(resources('oss01 httpd IPaddr::10.0.0.1\noss02 IPaddr::10.0.0.2 httpd\n'), /httpd begins a group/),
    },
    good: { different: [] },
  },
  'filesystem-params': {
    bad: { 'no directory': error(resources('oss01 Filesystem::/dev/sdb\n'), /device and a mount point/) },
    good: { 'no type': resources('oss01 Filesystem::/dev/sdb::/mnt\n') },
  },
  'raid-order': {
    bad: {
      missing: error(resources('oss01 Filesystem::/dev/md1::/mnt/a::ext4\n'), /nothing in this group assembles/),
      after: error(
        resources('oss01 Filesystem::/dev/md1::/mnt/a::ext4 Raid1::/etc/m::/dev/md1\n'),
        /after it would be mounted/,
      ),
      'in another group': error(
        resources('oss01 Raid1::/etc/m::/dev/md1\noss02 Filesystem::/dev/md1::/mnt/a::ext4\n'),
        /nothing/,
      ),
    },
    good: {
      partition: resources('oss01 Raid1::/dev/md1 Filesystem::/dev/md1p2::/mnt/a::ext4\n'),
      'no RAID': resources(PLAIN),
    },
  },
  'raid-at-boot': {
    bad: {
      listed: error([{}, { mdadmConf: 'ARRAY /dev/md1 UUID=1:2:3:4\n' }], /\/dev\/md1 is assembled at boot on oss02/),
      shortened: error([{ mdadmConf: '\narr /dev/md2\n' }, {}], /\/dev\/md2/),
    },
    good: { 'another array': [], ignored: [{ mdadmConf: 'ARRAY <ignore> UUID=1:2:3:4\n#ARRAY /dev/md1\n' }] },
  },
  'mmp-off': {
    bad: {
      off: error([{ mmp: { '/dev/md1': 'off', '/dev/md2': 'on' } }], /off on \/dev\/md1/),
      xfs: warning(resources('oss01 Filesystem::/dev/sdb::/mnt::xfs\n'), /xfs knows none/),
      'found to be other': warning([{ haresources: PLAIN, mmp: { '/dev/sdb': 'not-ext4' } }], /only fencing/),
    },
    good: { network: resources('oss01 Filesystem::nas:/home::/home::nfs\n'), on: [] },
  },
  'fstab-mount': {
    bad: {
      'of the cluster': error(
        [{ fstab: '/dev/md1 /mnt/ost01 lustre defaults 0 0\n' }],
        /mounted at boot on oss01 and oss02, and by the cluster/,
      ),
      'mount point only': error(
        [{ fstab: 'LABEL=x /mnt/ost01 ext4\n' }, {}],
        /on \/mnt\/ost01 is mounted at boot on oss01, /,
      ),
      'one identity': error([{ fstab: 'UUID="1-2" /srv ext4 defaults\n' }], /the same filesystem on two nodes/),
      'by its label, which is another way to name it': error(
        [
          {
            haresources: HARESOURCES.replace('Filesystem::/dev/md1', 'Filesystem::-Lost1'),
            fstab: 'LABEL=ost1 /elsewhere lustre\n',
          },
        ],
        /LABEL=ost1 on \/elsewhere is mounted at boot/,
      ),
      'on the first look': error(
        [{ fstab: '/dev/md1 /mnt/ost01 lustre noauto,x-systemd.automount 0 0\n' }],
        /and by the cluster/,
      ),
      multipath: error([{ fstab: '/dev/mapper/mpatha /srv ext4\n' }], /the same filesystem on two nodes/),
      'blank in the name': error([{ fstab: '/dev/disk/by-id/a\\040b /srv ext4\n' }], /a b is mounted/),
    },
    good: {
      noauto: [{ fstab: '/dev/md1 /mnt/ost01 lustre rw,noauto 0 0\n' }],
      'disks of their own': [{ fstab: '/dev/sda1 / ext4\n/dev/sda2 swap swap\nnas:/x /x nfs\n#/dev/md1 /mnt ext4\n' }],
      'systems that look alike': [
        {
          fstab:
            'LABEL=/ / ext3\nLABEL=/boot /boot ext3\n/dev/mapper/rhel-root /opt xfs\n/dev/md0 /data xfs\n/dev/disk/by-path/pci-0 /srv xfs\n',
        },
      ],
      'one identity on one node': [{ fstab: 'UUID=1-2 /srv ext4\n' }, {}],
    },
  },
  unbalanced: {
    bad: {
      'three to one': warning(
        resources(`${HARESOURCES}oss01 Filesystem::/dev/sdb::/mnt/c::ext4\noss01 Filesystem::/dev/sdc::/mnt/d::ext4\n`),
        /oss01 serves 3 filesystems and oss02 1/,
      ),
    },
    good: {
      'active and passive': resources('oss01 A Filesystem::/dev/a::/a Filesystem::/dev/b::/b\n'),
      'one more': resources(`${PLAIN}oss01 Filesystem::/dev/d::/d\n`),
    },
  },
  'script-missing': {
    bad: { 'on one': error([{}, { resourceScripts: ['Filesystem'] }], /oss02 has no Raid1/) },
    good: {
      'in init.d': [{ resourceScripts: ['Filesystem'], initScripts: ['Raid1'] }],
      address: [{ haresources: 'oss01 10.0.0.1\n' }],
    },
  },
  'auto-failback': {
    bad: {
      on: warning([{ haCf: HA_CF.replace('auto_failback off', 'auto_failback yes') }], /auto_failback on/),
      legacy: warning([{ haCf: HA_CF.replace('auto_failback off', 'auto_failback legacy') }], /legacy/),
      absent: warning([{ haCf: HA_CF.replace('auto_failback off\n', '') }], /not given/),
    },
    good: {
      'older name': [{ haCf: HA_CF.replace('auto_failback off', 'nice_failback on') }],
      managed: [{ haCf: HA_CF.replace('auto_failback off', 'crm on') }],
    },
  },
  'starts-at-boot': {
    bad: { enabled: warning([{}, { boot: ['sshd', 'heartbeat'] }], /at boot on oss02/) },
    good: { 'not known': [{ boot: undefined }] },
  },
  'resource-at-boot': {
    bad: {
      httpd: error(
        [{ haresources: 'oss01 httpd\n', initScripts: ['httpd'], boot: ['httpd'] }],
        /httpd starts at boot on oss01/,
      ),
    },
    good: { 'only by the cluster': [{ haresources: 'oss01 httpd\n', initScripts: ['httpd'] }] },
  },
};

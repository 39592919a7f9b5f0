/** For each check what it must find and what it must let pass; for tests. */
import { MORE_CASES } from './more-cases.ts';
import { AUTHKEYS, type Change, HA_CF } from './sample-nodes.ts';

/** Changes of the first and the second node of the sound pair; the second as the first when absent. */
export type Pair = readonly [Change?, Change?];

export interface Case {
  bad: Readonly<Record<string, { pair: Pair; level: 'error' | 'warning' | 'note'; text: RegExp }>>;
  good: Readonly<Record<string, Pair>>;
}

const haCf = (from: string | RegExp, to: string): Pair => [{ haCf: HA_CF.replace(from, to) }];
const error = (pair: Pair, text: RegExp) => ({ pair, level: 'error', text }) as const;
const warning = (pair: Pair, text: RegExp) => ({ pair, level: 'warning', text }) as const;
const note = (pair: Pair, text: RegExp) => ({ pair, level: 'note', text }) as const;

export const CASES: Readonly<Record<string, Case>> = {
  ...MORE_CASES,
  'node-unreachable': {
    bad: {
      'no connection': error([{}, { unreachable: 'timed out', haCf: undefined }], /oss02 was not examined: timed out/),
    },
    good: { both: [] },
  },
  'file-absent': {
    bad: {
      'no ha.cf': error([{}, { haCf: null }], /not there/),
      'no haresources': error([{ haresources: null }], /not there/),
      'no authkeys': error([{ authkeys: null }], /not there/),
    },
    good: { 'no haresources beside a manager': [{ haresources: null, haCf: `${HA_CF}crm respawn\n` }] },
  },
  'ha-cf-syntax': { bad: { misspelt: error(haCf('initdead', 'initdaed'), /no directive/) }, good: { sound: [] } },
  'haresources-syntax': {
    bad: {
      'no resource': error([{ haresources: 'oss01\n' }], /no resource/),
      'an address with two colons': error(
        [{ haresources: 'oss01 IPv6addr::2001:db8::1/64 a\n' }],
        /2001:db8::1\/64 is cut at its two colons/,
      ),
      'an empty file': error([{ haresources: '' }], /no group in it/),
      'comments alone': error([{ haresources: '# oss01 a\n\n' }], /no group in it/),
    },
    good: { sound: [], 'an empty file beside a manager': [{ haresources: '', haCf: `${HA_CF}crm respawn\n` }] },
  },
  'authkeys-syntax': { bad: { 'no auth': error([{ authkeys: '1 crc\n' }], /no auth line/) }, good: { sound: [] } },
  'files-differ': {
    bad: {
      'another value': error(
        [{}, { haCf: HA_CF.replace('deadtime 60', 'deadtime 90') }],
        /line 4 on: "deadtime 90", there "deadtime 60"/,
      ),
      'another key': error([{}, { authkeys: 'auth 1\n1 sha1 q7Wv0mC2xTzr9LbF\n' }], /line 2 on$/),
      'another fence device': error([{}, { haCf: HA_CF.replace('10.0.9.2', '10.0.9.3') }], /line 10 on$/),
      'a comment, which may hide a device': note(
        [{}, { haCf: `# stonith_host * x Pa55w0rd\n${HA_CF}` }],
        /line 1 on \(it means the same\)$/,
      ),
      'a line more': error([{}, { haresources: 'oss01 IPaddr::10.0.0.1\n' }], /differs/),
    },
    good: { identical: [], 'seen on one only': [{}, { haCf: undefined, haresources: undefined, authkeys: undefined }] },
  },
  'deadtime-short': {
    bad: {
      refused: error(haCf('deadtime 60', 'deadtime 4'), /does not start/),
      'three keepalives': warning(haCf('deadtime 60', 'deadtime 6'), /lost packets/),
      'default keepalive': error(
        haCf('keepalive 2\nwarntime 20\ndeadtime 60', 'deadtime 2'),
        /2 is less than 4 keepalives of 1/,
      ),
    },
    good: {
      'four keepalives': haCf('deadtime 60', 'deadtime 8'),
      'in milliseconds': haCf(/keepalive 2\n/, 'keepalive 500ms\n'),
    },
  },
  'deadtime-long': {
    bad: { 'meant as milliseconds': warning(haCf('deadtime 60', 'deadtime 3000'), /3000/) },
    good: { 'five minutes': haCf('deadtime 60', 'deadtime 300') },
  },
  'warntime-order': {
    bad: {
      late: warning(haCf('warntime 20', 'warntime 60'), /not below/),
      early: warning(haCf('warntime 20', 'warntime 2'), /all the time/),
    },
    good: { absent: haCf('warntime 20\n', ''), between: haCf('warntime 20', 'warntime 59999ms') },
  },
  'initdead-short': {
    bad: {
      refused: error(haCf('initdead 180', 'initdead 30'), /does not start/),
      'not twice': warning(haCf('initdead 180', 'initdead 119'), /boots slowly/),
      'under ten seconds': warning(
        haCf(/keepalive[\s\S]*initdead 180/, 'keepalive 200ms\ndeadtime 2\ninitdead 5'),
        /boots slowly/,
      ),
    },
    good: { twice: haCf('initdead 180', 'initdead 120') },
  },
  'initdead-absent': {
    bad: { absent: warning(haCf('initdead 180\n', ''), /after 60/) },
    good: { 'Heartbeat takes more by itself': haCf(/deadtime 60\ninitdead 180/, 'deadtime 10') },
  },
  'deadping-short': {
    bad: { 'two keepalives': error([{ haCf: `${HA_CF}deadping 4\n` }], /does not start/) },
    good: { three: [{ haCf: `${HA_CF}deadping 6\n` }] },
  },
  'node-count': {
    bad: {
      one: error(haCf('node oss01 oss02', 'node oss01'), /only node/),
      none: error(haCf('node oss01 oss02\n', ''), /no node/),
      three: error(haCf('node oss01 oss02', 'node oss01 oss02 oss03'), /3 nodes/),
    },
    good: { 'three under a manager': [{ haCf: HA_CF.replace('oss01 oss02', 'oss01 oss02 oss03\ncrm on') }], two: [] },
  },
  'node-name': {
    bad: {
      full: error([{ hostName: 'oss01.site.org' }, {}], /oss01\.site\.org \(uname -n\)/),
      other: error([{}, { hostName: 'lustre7' }], /lustre7/),
    },
    good: { capitals: [{ hostName: 'OSS01' }, {}], 'not known': [{ hostName: undefined }, {}] },
  },
  'group-node': {
    bad: { stranger: error([{ haresources: 'oss1 Filesystem::/dev/sdb::/mnt::ext4\n' }], /oss1 is no node/) },
    good: { capitals: [{ haresources: 'OSS01 IPaddr::10.0.0.1\n' }] },
  },
  'autojoin-refused': {
    bad: { any: error([{ haCf: `${HA_CF}autojoin any\n` }], /does not start/) },
    good: {
      none: [{ haCf: `${HA_CF}autojoin none\n` }],
      'with a manager': [{ haCf: `${HA_CF}crm on\nautojoin any\n` }],
    },
  },
  'path-absent': {
    bad: { none: error(haCf('bcast eth0 ib0\n', ''), /no heartbeat path/) },
    good: { serial: haCf('bcast eth0 ib0', 'serial /dev/ttyS0') },
  },
  'path-single': {
    bad: {
      one: warning(haCf('bcast eth0 ib0', 'bcast eth0'), /over eth0/),
      'two media': warning(haCf('bcast eth0 ib0', 'bcast eth0\nucast eth0 10.0.0.2'), /over eth0/),
      'a VLAN': warning(haCf('bcast eth0 ib0', 'bcast eth0 eth0.20 eth0:1'), /over eth0/),
      loopback: warning(haCf('bcast eth0 ib0', 'ucast lo 127.0.0.1'), /loopback/),
    },
    good: { 'network and serial': haCf('bcast eth0 ib0', 'bcast eth0\nserial /dev/ttyS0') },
  },
  'udpport-late': {
    bad: { after: warning([{ haCf: `${HA_CF}udpport 695\n` }], /line 7/) },
    good: {
      'before multicast only': [
        { haCf: HA_CF.replace(/udpport.*\nbcast eth0 ib0/, 'mcast eth0 239.0.0.1 694 1 0\nudpport 694\nbcast ib0') },
      ],
    },
  },
  'ping-unused': {
    bad: { 'nobody acts': warning([{ haCf: `${HA_CF}ping 10.0.0.254\n` }], /nothing acts/) },
    good: { ipfail: [{ haCf: `${HA_CF}ping 10.0.0.254\nrespawn hacluster /usr/lib/heartbeat/ipfail\n` }] },
  },
  'key-mode': {
    bad: {
      readable: error([{ modes: { authkeys: 0o644 } }], /0644 on oss01.*does not start/),
      writable: error([{}, { modes: { authkeys: 0o620 } }], /0620 on oss02.*change/),
    },
    good: { '0400': [{ modes: { authkeys: 0o400 } }] },
  },
  'key-owner': { bad: { other: error([{ uid: 1000 }, {}], /user 1000/) }, good: { root: [{ uid: 0 }] } },
  'key-crc': {
    bad: { network: error([{ authkeys: 'auth 1\n1 crc\n' }], /over eth0/) },
    good: {
      serial: [{ authkeys: 'auth 1\n1 crc\n', haCf: HA_CF.replace('bcast eth0 ib0', 'serial /dev/ttyS0 /dev/ttyS1') }],
      'not active': [{ authkeys: `${AUTHKEYS}2 crc\n` }],
    },
  },
  'key-guessable': {
    bad: {
      example: error([{ authkeys: 'auth 1\n1 sha1 PutYourSuperSecretKeyHere\n' }], /examples/),
      short: warning([{ authkeys: 'auth 1\n1 sha1 x9Zq\n' }], /shorter/),
    },
    good: { 'without a key': [{ authkeys: 'auth 1\n1 crc\n' }] },
  },
  'crm-on': {
    bad: { both: note([{ haCf: `${HA_CF}crm yes\n` }], /not used/) },
    good: { off: [{ haCf: `${HA_CF}crm off\n` }] },
  },
  'node-unexamined': {
    bad: { 'one of two': note([{ haCf: HA_CF.replace('oss01 oss02', 'oss01 oss03') }], /oss03/) },
    good: { both: [] },
  },
  'not-examined': {
    bad: {
      tables: note([{ fstab: undefined, mdadmConf: undefined }, {}], /fstab, mdadm\.conf/),
      host: note(
        [{ hostName: undefined, boot: undefined, resourceScripts: undefined }, {}],
        /uname -n, resource scripts, services/,
      ),
      device: note([{ mmp: { '/dev/md1': 'on' } }, {}], /protection of \/dev\/md2/),
      file: note([{}, { authkeys: undefined }], /authkeys/),
    },
    good: { 'no mdadm.conf there': [{ mdadmConf: null }] },
  },
};

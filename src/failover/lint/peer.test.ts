/** Where the lint says that Heartbeat does not start, the real one must not; and it must start with what is sound. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { lint } from './checks.ts';
import { type Change, sampleNode } from './sample-nodes.ts';

const HA_CF = `logfacility none
debugfile /dev/null
keepalive 2
deadtime 60
initdead 180
udpport 694
ucast lo 127.0.0.1
auto_failback off
node n1 n2
stonith_host * meatware n1 n2
`;
const HARESOURCES = 'n1 IPaddr::10.0.0.1\n';
const AUTHKEYS = 'auth 1\n1 sha1 q7Wv0mC2xTzr9LbE\n';

/** Whether the real one takes the files, in namespaces of its own, which end with it. */
function starts({
  haCf = HA_CF,
  haresources = HARESOURCES,
  authkeys = AUTHKEYS,
  modes,
  hostName = 'n1',
}: Change): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-heartbeat-'));
  try {
    const files = { 'ha.cf': haCf, haresources, authkeys };
    for (const [name, text] of Object.entries(files)) if (text !== null) writeFileSync(join(directory, name), text);
    if (authkeys !== null) chmodSync(join(directory, 'authkeys'), modes?.authkeys ?? 0o600);
    const script = `
      mount --bind "$1" /etc/ha.d && mount -t tmpfs t /run && mount -t tmpfs t /var/lib/heartbeat && hostname "$2" &&
      mkdir -p /run/heartbeat/rsctmp && ip link set lo up && exec timeout -s KILL 5 /usr/libexec/heartbeat/heartbeat -d`;
    const own = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--ipc', '--uts', '--mount-proc'];
    const { stdout, stderr, status } = spawnSync('unshare', [...own, 'sh', '-c', script, 'sh', directory, hostName], {
      encoding: 'latin1',
    });
    assert.match(stdout + stderr, /heartbeat: \[\d+\]/);
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether the lint says so for the first node. */
function saysSo(change: Change): boolean {
  const whole = { haCf: HA_CF, haresources: HARESOURCES, authkeys: AUTHKEYS, hostName: 'n1', ...change };
  const refusing = /does not start|no known one/;
  return lint([sampleNode('n1', whole), sampleNode('n2', { ...whole, hostName: 'n2' })]).some(
    ({ text, level, code }) =>
      level === 'error' && (refusing.test(text) || code === 'authkeys-syntax' || code === 'ha-cf-syntax'),
  );
}

const from = (text: string, to: string): Change => ({ haCf: HA_CF.replace(text, to) });

const CASES: Readonly<Record<string, Change>> = {
  sound: {},
  'deadtime of two keepalives': from('deadtime 60', 'deadtime 4'),
  'deadtime of three keepalives': from('deadtime 60', 'deadtime 6'),
  'initdead below deadtime': from('initdead 180', 'initdead 59'),
  'initdead below ten seconds': from('deadtime 60\ninitdead 180', 'deadtime 5\ninitdead 5'),
  'no initdead': from('initdead 180\n', ''),
  'warntime over deadtime': from('initdead', 'warntime 100\ninitdead'),
  'deadping of two keepalives': from('initdead', 'deadping 4\ninitdead'),
  'deadping of three keepalives': from('initdead', 'deadping 6\ninitdead'),
  'no path': from('ucast lo 127.0.0.1\n', ''),
  'another name': { hostName: 'n7' },
  'the full name': { hostName: 'n1.site.org' },
  'capitals in ha.cf': from('node n1 n2', 'node N1 N2'),
  'capitals of the host': { hostName: 'N1' },
  'autojoin without a manager': from('udpport', 'autojoin other\nudpport'),
  'a group of nobody': { haresources: 'n3 IPaddr::10.0.0.1\n' },
  'capitals in haresources': { haresources: 'N1 IPaddr::10.0.0.1\n' },
  'no haresources': { haresources: null },
  'no authkeys': { authkeys: null },
  'authkeys for the group': { modes: { authkeys: 0o640 } },
  'authkeys for others': { modes: { authkeys: 0o604 } },
  'authkeys writable only': { modes: { authkeys: 0o622 } },
  'a type that does not exist': from('meatware', 'meetware'),
  'udpport behind the path': from('udpport 694\nucast lo 127.0.0.1', 'ucast lo 127.0.0.1\nudpport 694'),
};

describePeer('lint beside the real Heartbeat', ['cl_status', 'root', 'namespaces'], () => {
  for (const [name, change] of Object.entries(CASES))
    it(`${name}: starts, or is said not to`, () => assert.equal(saysSo(change), !starts(change)));
});

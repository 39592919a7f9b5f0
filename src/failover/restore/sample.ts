/** A captured pair and how its nodes stand, made up for tests. */
import { cib, type live } from '../../cluster.ts';
import { digestOf, type ReadFile, type ReadNode } from '../capture/read.ts';
import { sampleNode, sampleState } from '../sample-state.ts';
import type { NodeLook } from './look.ts';
import type { StoredConfiguration } from './stored.ts';

export const COROSYNC =
  'totem {\n  version: 2\n  crypto_cipher: aes256\n}\nquorum {\n  provider: corosync_votequorum\n  two_node: 1\n}\nnodelist {\n  node {\n    name: n1\n    nodeid: 1\n    ring0_addr: 10.0.0.1\n  }\n  node {\n    name: n2\n    nodeid: 2\n    ring0_addr: 10.0.0.2\n  }\n}\n';

/** What lies on each node of the pair. */
export const PAIR: Readonly<Record<string, string>> = {
  '/etc/corosync/corosync.conf': COROSYNC,
  '/etc/corosync/authkey': 'the key',
  '/etc/default/pacemaker': 'PCMK_debug=no\n',
};

/** @param resource none when empty */
export function cibOf(epoch: number, resource = 'ost0', more = ''): cib.XmlDocument {
  const primitive =
    resource === '' ? '' : `<primitive id="${resource}" class="ocf" provider="heartbeat" type="Dummy"/>`;
  const text = `<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="${epoch}" num_updates="0"><configuration><crm_config>${more}</crm_config><nodes/><resources>${primitive}</resources><constraints/></configuration><status/></cib>`;
  return cib.parseXml(text, 'cib.xml');
}

export function readFileOf(path: string, text: string, mode = 0o640): ReadFile {
  return { path, bytes: Buffer.from(text), mode, uid: 0, gid: 0, user: 'root', group: 'root', modifiedMs: 0 };
}

export function readNodeOf(name: string, files: Readonly<Record<string, string>>): ReadNode {
  return {
    name,
    files: Object.entries(files).map(([path, text]) => readFileOf(path, text)),
    absent: [],
    unreadable: [],
  };
}

/** @param files of n1 and of n2 when they were captured */
export function storedPair(
  files: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>] = [PAIR, PAIR],
  document: cib.XmlDocument | undefined = cibOf(20),
): StoredConfiguration {
  const nodes = files.map((each, at) => ({
    name: `n${at + 1}`,
    calls_itself: `n${at + 1}`,
    reached: true,
    why: null,
    read: '2026-11-21T20:00:00Z',
    files: Object.entries(each).map(([path, text]) => ({
      path,
      bytes: text.length,
      sha256: digestOf(Buffer.from(text)),
      mode: '0640',
      uid: 0,
      gid: 0,
      user: 'root',
      group: 'root',
      modified: '2026-11-21T19:00:00Z',
    })),
    absent: [],
    unreadable: [],
  }));
  const version = { admin_epoch: 0, epoch: 20, num_updates: 0 };
  return {
    place: '/restored/lab',
    record: {
      format: 1,
      cluster: 'lab',
      made: '2026-11-21T20:00:00Z',
      holdfast: '1.0',
      nodes,
      cib: { source: 'live', node: 'n1', ...version, bytes: 1, sha256: '0'.repeat(64) },
      problems: [],
    },
    node: nodes[1]!,
    files: nodes[1]!.files.map((file) => ({ ...file, content: Buffer.from(files[1][file.path]!) })),
    cib: document,
  };
}

/** A node on which no cluster runs. */
export function stoppedLook(name: string, files: Readonly<Record<string, string>> = {}): NodeLook {
  const read = readNodeOf(name, files);
  return { ...silentLook(name), answer: 'answers', why: undefined, read };
}

export function silentLook(name: string): NodeLook {
  return {
    name,
    answer: 'silent',
    why: 'no route to host',
    read: undefined,
    daemons: new Set(),
    state: undefined,
    stateWhy: 'no cluster runs there',
    live: undefined,
  };
}

/** A member of a cluster in which these are online. */
export function workingLook(
  name: string,
  {
    files = PAIR,
    live = cibOf(25),
    online = [name],
  }: { files?: Readonly<Record<string, string>>; live?: cib.XmlDocument; online?: readonly string[] } = {},
): NodeLook {
  const daemons = new Set(['corosync', 'pacemakerd']);
  return { ...stoppedLook(name, files), daemons, stateWhy: undefined, live, state: stateOf(name, online) };
}

function stateOf(from: string, online: readonly string[]): live.ClusterState {
  const isDc = (name: string): boolean => name === online[0];
  return sampleState({
    from,
    dc: { name: online[0], version: '2.1.5', isMixedVersion: false },
    nodes: ['n1', 'n2', 'n3'].map((name) => sampleNode(name, { isOnline: online.includes(name), isDc: isDc(name) })),
    resources: [],
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCorosync } from './document.ts';
import { type CorosyncSettings, settingsOf } from './settings.ts';

const nodes = (count: number): string =>
  `nodelist {\n${Array.from({ length: count }, (_, at) => `node {\nname: n${at}\nnodeid: ${at + 1}\nring0_addr: 10.0.0.${at}\n}\n`).join('')}}\n`;
const settings = (text: string): CorosyncSettings => settingsOf(parseCorosync(text, 'c'));

/** Settings and nodes, and what corosync 3.1.7 then has in its map under runtime.config.totem. */
const MEASURED: [totem: string, nodes: number, runtime: Record<string, number>][] = [
  [
    '',
    2,
    { tokenMs: 3000, tokenRetransmitMs: 714, holdMs: 561, consensusMs: 3600, pingIntervalMs: 750, pingTimeoutMs: 1500 },
  ],
  [
    'token: 1000',
    3,
    { tokenMs: 1650, tokenRetransmitMs: 392, holdMs: 303, consensusMs: 1980, pingIntervalMs: 412, pingTimeoutMs: 825 },
  ],
  [
    'token: 5000\ntoken_retransmits_before_loss_const: 10',
    3,
    {
      tokenMs: 5650,
      tokenRetransmitMs: 553,
      holdMs: 432,
      consensusMs: 6780,
      pingIntervalMs: 1412,
      pingTimeoutMs: 2825,
    },
  ],
  [
    'token: 1000\nconsensus: 900',
    2,
    { tokenMs: 1000, tokenRetransmitMs: 238, holdMs: 180, consensusMs: 900, pingIntervalMs: 250, pingTimeoutMs: 500 },
  ],
];

describe('what a corosync.conf means', () => {
  it('has the times that corosync derives', () => {
    for (const [totem, count, runtime] of MEASURED) {
      const { timeouts, interfaces } = settings(`totem {\n${totem}\ninterface {\nlinknumber: 0\n}\n}\n${nodes(count)}`);
      const all: Record<string, unknown> = { ...timeouts, ...interfaces[0] };
      const found = Object.fromEntries(Object.keys(runtime).map((key) => [key, all[key]]));
      assert.deepEqual(found, runtime, totem);
    }
  });

  it('has what the manual pages say where nothing is given', () => {
    const empty = settings('');
    assert.equal(empty.transport, 'knet');
    assert.deepEqual(empty.crypto, {
      cipher: 'none',
      hash: 'none',
      model: 'nss',
      keyFile: '/etc/corosync/authkey',
      hasInlineKey: false,
    });
    assert.deepEqual([empty.timeouts.joinMs, empty.timeouts.mergeMs, empty.timeouts.downcheckMs], [50, 200, 1000]);
    assert.deepEqual([empty.nodes, empty.quorum.expectedVotes, empty.quorum.votesNeeded], [[], undefined, undefined]);
  });

  it('reads secauth, keys and links', () => {
    const read = settings(`totem {
      secauth: on
      crypto_hash: sha512
      key: sesame
      link_mode: active
      cluster_name: x
      config_version: 12
      interface {
        ringnumber: 1
        knet_link_priority: 5
        knet_ping_interval: 100
        knet_transport: sctp
        mcastport: 5405
      }
    }`);
    assert.deepEqual(
      [
        read.crypto.cipher,
        read.crypto.hash,
        read.crypto.hasInlineKey,
        read.linkMode,
        read.clusterName,
        read.configVersion,
      ],
      ['aes256', 'sha512', true, 'active', 'x', 12],
    );
    assert.doesNotMatch(JSON.stringify(read), /sesame/);
    const [link] = read.interfaces;
    assert.deepEqual(
      [link!.link, link!.priority, link!.pingIntervalMs, link!.transport, link!.port],
      [1, 5, 100, 'sctp', 5405],
    );
  });

  it('reads nodes with all their links', () => {
    const { nodes: list } = settings(`nodelist {
      node {
        ring0_addr: a
        ring1_addr: b
        quorum_votes: 3
      }
    }`);
    assert.deepEqual(
      [list[0]!.name, list[0]!.nodeId, list[0]!.votes, [...list[0]!.addresses]],
      [
        undefined,
        undefined,
        3,
        [
          [0, 'a'],
          [1, 'b'],
        ],
      ],
    );
    assert.equal(list[0]!.place!.line, 2);
  });

  it('counts votes', () => {
    const quorum = (count: number, text: string): [number | undefined, number | undefined, boolean, boolean] => {
      const read = settings(`${nodes(count)}quorum {\nprovider: corosync_votequorum\n${text}\n}\n`).quorum;
      return [read.expectedVotes, read.votesNeeded, read.isTwoNode, read.waitsForAll];
    };
    assert.deepEqual(quorum(2, ''), [2, 2, false, false]);
    assert.deepEqual(quorum(2, 'two_node: 1'), [2, 1, true, true]);
    assert.deepEqual(quorum(2, 'two_node: 1\nwait_for_all: 0'), [2, 1, true, false]);
    assert.deepEqual(quorum(3, 'two_node: 1'), [3, 2, false, false]);
    assert.deepEqual(quorum(5, ''), [5, 3, false, false]);
    assert.deepEqual(quorum(2, 'expected_votes: 8\nwait_for_all: 1'), [8, 5, false, true]);
  });
});

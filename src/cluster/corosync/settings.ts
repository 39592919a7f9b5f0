/** What a corosync.conf means, with what corosync derives from it (corosync.conf(5), votequorum(5)). */
import type { Place } from '../place.ts';
import { type CorosyncDocument, type CorosyncSection, entryOf, sectionsAt, sectionsOf } from './document.ts';

export interface CorosyncSettings {
  clusterName: string | undefined;
  configVersion: number;
  transport: 'knet' | 'udpu' | 'udp' | string;
  ipVersion: string | undefined;
  linkMode: 'passive' | 'active' | 'rr' | string;
  crypto: { cipher: string; hash: string; model: string; keyFile: string; hasInlineKey: boolean };
  timeouts: CorosyncTimeouts;
  interfaces: readonly CorosyncInterface[];
  nodes: readonly CorosyncNode[];
  quorum: CorosyncQuorum;
}

/** Undefined numbers are derived; `tokenMs` and what follows from it are what totem works with. */
export interface CorosyncTimeouts {
  /** As configured, before the nodes are counted. */
  tokenBaseMs: number;
  tokenCoefficientMs: number;
  /** With the coefficient for every node beyond two: so long until a silent node is given up. */
  tokenMs: number;
  tokenRetransmitMs: number;
  retransmitsBeforeLoss: number;
  holdMs: number;
  consensusMs: number;
  joinMs: number;
  mergeMs: number;
  downcheckMs: number;
  /** Percent of the token's time after which its absence is logged; 0 for never. */
  tokenWarningPercent: number;
}

export interface CorosyncInterface {
  link: number;
  priority: number | undefined;
  pingIntervalMs: number;
  pingTimeoutMs: number;
  pongCount: number;
  transport: 'udp' | 'sctp' | string;
  bindAddress: string | undefined;
  multicastAddress: string | undefined;
  port: number | undefined;
}

export interface CorosyncNode {
  name: string | undefined;
  nodeId: number | undefined;
  /** By link; a link that a node has not is missing. */
  addresses: ReadonlyMap<number, string>;
  votes: number;
  place: Place | undefined;
}

export interface CorosyncQuorum {
  provider: string | undefined;
  /** Configured, or the votes of all nodes; undefined when neither is known. */
  expectedVotes: number | undefined;
  isTwoNode: boolean;
  /** On by itself with `two_node`. */
  waitsForAll: boolean;
  lastManStanding: boolean;
  lastManStandingWindowMs: number;
  autoTieBreaker: boolean;
  autoTieBreakerNode: string;
  /** Votes that are enough; undefined when the expected votes are not known. */
  votesNeeded: number | undefined;
  /** `net` and the like. */
  device: string | undefined;
}

/** Ticks of a second by which the hold timeout is rounded (totemconfig). */
const TICK_MS = 10;

export function settingsOf(document: Pick<CorosyncDocument, 'lines'>): CorosyncSettings {
  const top = sectionsOf(document);
  const totem = readerOf(sectionsAt(top, 'totem'));
  const nodes = sectionsAt(top, 'nodelist', 'node').map(readNode);
  const timeouts = timeoutsOf(totem, nodes.length);
  return {
    clusterName: totem.text('cluster_name'),
    configVersion: totem.number('config_version') ?? 0,
    transport: totem.text('transport') ?? 'knet',
    ipVersion: totem.text('ip_version'),
    linkMode: totem.text('link_mode') ?? 'passive',
    crypto: cryptoOf(totem),
    timeouts,
    interfaces: sectionsAt(top, 'totem', 'interface').map((section) => readInterface(section, timeouts)),
    nodes,
    quorum: quorumOf(top, nodes),
  };
}

interface Reader {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  flag(key: string): boolean | undefined;
}

function readerOf(sections: readonly CorosyncSection[]): Reader {
  const text = (key: string): string | undefined => entryOf(sections, key)?.value;
  const number = (key: string): number | undefined => {
    const value = text(key);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const flag = (key: string): boolean | undefined => {
    const value = number(key);
    return value === undefined ? undefined : value !== 0;
  };
  return { text, number, flag };
}

function cryptoOf(totem: Reader): CorosyncSettings['crypto'] {
  const isSecure = totem.text('secauth') === 'on';
  return {
    cipher: totem.text('crypto_cipher') ?? (isSecure ? 'aes256' : 'none'),
    hash: totem.text('crypto_hash') ?? (isSecure ? 'sha256' : 'none'),
    model: totem.text('crypto_model') ?? 'nss',
    keyFile: totem.text('keyfile') ?? '/etc/corosync/authkey',
    hasInlineKey: totem.text('key') !== undefined,
  };
}

/** From three nodes of the node list on each adds the coefficient. */
function timeoutsOf(totem: Reader, nodes: number): CorosyncTimeouts {
  const tokenBaseMs = totem.number('token') ?? 3000;
  const tokenCoefficientMs = totem.number('token_coefficient') ?? 650;
  const tokenMs = tokenBaseMs + Math.max(0, nodes - 2) * tokenCoefficientMs;
  const retransmitsBeforeLoss = totem.number('token_retransmits_before_loss_const') ?? 4;
  const tokenRetransmitMs = totem.number('token_retransmit') ?? Math.trunc(tokenMs / (retransmitsBeforeLoss + 0.2));
  return {
    tokenBaseMs,
    tokenCoefficientMs,
    tokenMs,
    tokenRetransmitMs,
    retransmitsBeforeLoss,
    holdMs: totem.number('hold') ?? Math.trunc(tokenRetransmitMs * 0.8 - TICK_MS),
    consensusMs: totem.number('consensus') ?? Math.trunc((tokenMs * 12) / 10),
    joinMs: totem.number('join') ?? 50,
    mergeMs: totem.number('merge') ?? 200,
    downcheckMs: totem.number('downcheck') ?? 1000,
    tokenWarningPercent: totem.number('token_warning') ?? 75,
  };
}

/** Of interval and timeout of pings each may be given; the other follows from the token. */
function readInterface(section: CorosyncSection, { tokenMs }: CorosyncTimeouts): CorosyncInterface {
  const own = readerOf([section]);
  const pongCount = own.number('knet_pong_count') ?? 2;
  return {
    link: own.number('linknumber') ?? own.number('ringnumber') ?? 0,
    priority: own.number('knet_link_priority'),
    pingIntervalMs: own.number('knet_ping_interval') ?? Math.trunc(tokenMs / (pongCount * 2)),
    pingTimeoutMs: own.number('knet_ping_timeout') ?? Math.trunc(tokenMs / pongCount),
    pongCount,
    transport: own.text('knet_transport') ?? 'udp',
    bindAddress: own.text('bindnetaddr'),
    multicastAddress: own.text('mcastaddr'),
    port: own.number('mcastport'),
  };
}

function readNode(section: CorosyncSection): CorosyncNode {
  const own = readerOf([section]);
  const addresses = new Map<number, string>();
  for (const { key, value } of section.entries) {
    const ring = /^ring(\d+)_addr$/.exec(key)?.[1];
    if (ring !== undefined) addresses.set(Number(ring), value);
  }
  return {
    name: own.text('name'),
    nodeId: own.number('nodeid'),
    addresses,
    votes: own.number('quorum_votes') ?? 1,
    place: section.place,
  };
}

function quorumOf(top: CorosyncSection, nodes: readonly CorosyncNode[]): CorosyncQuorum {
  const own = readerOf(sectionsAt(top, 'quorum'));
  const allVotes = nodes.length === 0 ? undefined : nodes.reduce((sum, { votes }) => sum + votes, 0);
  const expectedVotes = own.number('expected_votes') ?? allVotes;
  const isTwoNode = (own.flag('two_node') ?? false) && expectedVotes === 2;
  return {
    provider: own.text('provider'),
    expectedVotes,
    isTwoNode,
    waitsForAll: own.flag('wait_for_all') ?? isTwoNode,
    lastManStanding: own.flag('last_man_standing') ?? false,
    lastManStandingWindowMs: own.number('last_man_standing_window') ?? 10_000,
    autoTieBreaker: own.flag('auto_tie_breaker') ?? false,
    autoTieBreakerNode: own.text('auto_tie_breaker_node') ?? 'lowest',
    votesNeeded: expectedVotes === undefined ? undefined : isTwoNode ? 1 : Math.floor(expectedVotes / 2) + 1,
    device: readerOf(sectionsAt(top, 'quorum', 'device')).text('model'),
  };
}

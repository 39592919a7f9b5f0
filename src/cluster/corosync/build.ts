/** A new corosync.conf, and the key that goes with it. */
import { AppError } from '../../base/errors.ts';
import type { Random } from '../../host.ts';
import { type CorosyncDocument, parseCorosync } from './document.ts';

export interface PlainCorosync {
  clusterName: string;
  nodes: readonly PlainCorosyncNode[];
  /** 3000 when left out, as corosync has it. */
  tokenMs?: number;
  /** 1.2 times the token when left out. */
  consensusMs?: number;
  /** aes256 and sha256 when left out; `none` sends and believes everything in the clear. */
  crypto?: { cipher: 'aes256' | 'aes192' | 'aes128'; hash: 'sha512' | 'sha384' | 'sha256' | 'sha1' } | 'none';
  keyFile?: string;
  /** `passive` when left out: one link works, the others wait. */
  linkMode?: 'passive' | 'active' | 'rr';
  configVersion?: number;
  /** On with two nodes when left out, and off with more. */
  waitForAll?: boolean;
  /** A file in addition to the system log. */
  logFile?: string;
  /** Of the section `system`, such as `sched_rr`. */
  system?: Readonly<Record<string, string>>;
}

export interface PlainCorosyncNode {
  /** As `uname -n` says it on that node. */
  name: string;
  /** From 1 on by order when left out; must not change for a node once the cluster runs. */
  nodeId?: number;
  /** One for each link, in the order of the links; all nodes have as many. */
  addresses: readonly string[];
}

/** Links knet can have. */
const LINKS_MAX = 8;
/** What corosync-keygen(8) makes. */
const KEY_BYTES = 256;
const KEY_BYTES_MIN = 128;
const KEY_BYTES_MAX = 4096;

type Item = readonly [key: string, value: string] | readonly [section: string, items: readonly Item[]];

/** @throws {AppError} `config` when corosync would not start with it: no nodes, uneven links, names or ids twice … */
export function buildCorosync(plain: PlainCorosync, file: string): CorosyncDocument {
  const nodes = plain.nodes.map((node, index) => ({ ...node, nodeId: node.nodeId ?? index + 1 }));
  expectNodes(nodes);
  const items: Item[] = [
    ['totem', totemItems(plain)],
    ['nodelist', nodes.map((node): Item => ['node', nodeItems(node)])],
    ['quorum', quorumItems(plain)],
    ['logging', loggingItems(plain)],
    ...(plain.system === undefined ? [] : [['system', Object.entries(plain.system)] as const]),
  ];
  const text = items.map((item) => textOf(item, '')).join('\n');
  const document = parseCorosync(text, file);
  const [problem] = document.problems;
  if (problem === undefined) return document;
  throw new AppError('config', {
    detail: `a value does not fit into corosync.conf: ${problem.text}`,
    hint: problem.remedy,
  });
}

/**
 * A key for all nodes of a cluster: to be written with mode 0400, owner root, and to be shown to nobody.
 * @param length Bytes, 128 to 4096.
 */
export function newAuthkey(random: Random, length = KEY_BYTES): Uint8Array {
  if (length < KEY_BYTES_MIN || length > KEY_BYTES_MAX)
    throw new AppError('config', {
      detail: `a key of ${length} bytes; corosync takes ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX}`,
    });
  return random.bytes(length);
}

function totemItems({
  clusterName,
  tokenMs,
  consensusMs,
  crypto,
  keyFile,
  linkMode,
  configVersion,
}: PlainCorosync): Item[] {
  const { cipher, hash } =
    crypto === 'none' ? { cipher: 'none', hash: 'none' } : (crypto ?? { cipher: 'aes256', hash: 'sha256' });
  return [
    ['version', '2'],
    ['cluster_name', clusterName],
    ['transport', 'knet'],
    ...optional('config_version', configVersion),
    ...optional('link_mode', linkMode),
    ['crypto_cipher', cipher],
    ['crypto_hash', hash],
    ...optional('keyfile', keyFile),
    ...optional('token', tokenMs),
    ...optional('consensus', consensusMs),
  ];
}

function nodeItems({ name, nodeId, addresses }: PlainCorosyncNode & { nodeId: number }): Item[] {
  const rings = addresses.map((address, ring): Item => [`ring${ring}_addr`, address]);
  return [['name', name], ['nodeid', `${nodeId}`], ...rings];
}

function quorumItems({ nodes, waitForAll }: PlainCorosync): Item[] {
  return [
    ['provider', 'corosync_votequorum'],
    ...(nodes.length === 2 ? [['two_node', '1'] as const] : []),
    ...(waitForAll === undefined ? [] : [['wait_for_all', waitForAll ? '1' : '0'] as const]),
  ];
}

function loggingItems({ logFile }: PlainCorosync): Item[] {
  const file: Item[] =
    logFile === undefined
      ? [['to_logfile', 'no']]
      : [
          ['to_logfile', 'yes'],
          ['logfile', logFile],
        ];
  return [['to_syslog', 'yes'], ['to_stderr', 'no'], ...file, ['timestamp', 'on']];
}

function optional(key: string, value: string | number | undefined): Item[] {
  return value === undefined ? [] : [[key, `${value}`]];
}

function textOf([key, content]: Item, indent: string): string {
  if (typeof content !== 'string')
    return `${indent}${key} {\n${content.map((item) => textOf(item, `${indent}    `)).join('')}${indent}}\n`;
  if (/[\n\r{}]/.test(content))
    throw new AppError('config', {
      detail: `the value of ${key} holds a line end or a brace, which corosync.conf cannot`,
      hint: '',
    });
  return `${indent}${key}: ${content}\n`;
}

function expectNodes(nodes: readonly (PlainCorosyncNode & { nodeId: number })[]): void {
  const wrong = (detail: string, hint: string): never => {
    throw new AppError('config', { detail, hint });
  };
  if (nodes.length === 0) wrong('a cluster without nodes', 'Name its nodes.');
  const links = nodes[0]!.addresses.length;
  for (const { name, nodeId, addresses } of nodes) {
    if (!/^[^\s:{}#]+$/.test(name))
      wrong(`${JSON.stringify(name)} cannot be the name of a node`, 'Use what uname -n prints.');
    if (!Number.isInteger(nodeId) || nodeId < 1 || nodeId >= 2 ** 32)
      wrong(`the id ${nodeId} of node ${name}`, 'Ids are whole numbers from 1 on.');
    if (addresses.length === 0 || addresses.length > LINKS_MAX)
      wrong(`node ${name} has ${addresses.length} addresses`, `Give it 1 to ${LINKS_MAX}, one for each link.`);
    if (addresses.length !== links)
      wrong(
        `node ${name} has ${addresses.length} addresses and ${nodes[0]!.name} has ${links}`,
        'Give each one for every link.',
      );
  }
  const all: [what: string, values: unknown[]][] = [
    ['name', nodes.map(({ name }) => name)],
    ['id', nodes.map(({ nodeId }) => nodeId)],
    ['address', nodes.flatMap(({ addresses }) => addresses)],
  ];
  for (const [what, values] of all) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) wrong(`the ${what} ${twice} is there twice`, `Give each node a ${what} of its own.`);
  }
}

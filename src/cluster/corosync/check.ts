/** What is wrong or unsafe in a corosync.conf, each with its place. */
import { nearest } from '../../base/nearest.ts';
import type { Finding } from '../finding.ts';
import type { Place } from '../place.ts';
import {
  type CorosyncDocument,
  type CorosyncEntry,
  type CorosyncSection,
  entryOf,
  sectionsAt,
  sectionsOf,
} from './document.ts';
import { isKeyKnown, KEYS, NUMBERS, SECTIONS } from './keys.ts';
import { type CorosyncNode, type CorosyncSettings, settingsOf } from './settings.ts';

/** A file being checked. */
interface Checked {
  document: CorosyncDocument;
  top: CorosyncSection;
  settings: CorosyncSettings;
  /** Where a key of a section stands; else where the section or the file begins. */
  placeOf(path: readonly string[], key?: string): Place;
}

type Report = (code: string, level: Finding['level'], where: Place, words: { text: string; remedy: string }) => void;

/** Less makes a busy but healthy network look like a dead node. */
const TOKEN_MS_MIN = 1000;
/** Below this corosync does not start. */
const TOKEN_MS_LEAST = 30;
const LINKS_MAX = 8;

/** All findings in the order of the file. No value of a key, and so no secret, is in any but those named here. */
export function checkCorosync(document: CorosyncDocument): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (code, level, place, words) => findings.push({ code, level, place, ...words });
  for (const { place, text, remedy } of document.problems) report('corosync-syntax', 'error', place, { text, remedy });
  const checked = open(document);
  for (const check of [checkValues, checkTotem, checkCrypto, checkNodes, checkLinks, checkQuorum, checkTimes])
    check(checked, report);
  return findings.sort((a, b) => a.place.line - b.place.line);
}

function open(document: CorosyncDocument): Checked {
  const top = sectionsOf(document);
  const placeOf = (path: readonly string[], key?: string): Place => {
    const sections = sectionsAt(top, ...path);
    const entry = key === undefined ? undefined : entryOf(sections, key);
    return entry?.place ?? sections[0]?.place ?? { file: document.file, line: 1, column: 1 };
  };
  return { document, top, settings: settingsOf(document), placeOf };
}

function checkValues({ top }: Checked, report: Report): void {
  for (const [path, known] of Object.entries(SECTIONS))
    for (const section of path === '' ? [top] : sectionsAt(top, ...path.split('.')))
      checkSections(section, known, report);
  for (const path of Object.keys(KEYS))
    for (const section of sectionsAt(top, ...path.split('.'))) {
      for (const entry of section.entries) checkKey(path, entry, report);
      checkOnce(section, report);
    }
}

/** A section whose name is misspelt is read and has no effect. */
function checkSections({ name: outer, sections }: CorosyncSection, known: readonly string[], report: Report): void {
  for (const { name, place } of sections.filter((each) => !known.includes(each.name))) {
    const near = nearest(name, known);
    report('corosync-unknown-section', 'warning', place!, {
      text: `corosync 3 does not know a section ${name}${outer === '' ? '' : ` in ${outer}`}: it has no effect`,
      remedy: near.length > 0 ? `Was ${near.join(' or ')} meant?` : 'Remove it, or see corosync.conf(5).',
    });
  }
}

function checkKey(path: string, { key, value, place }: CorosyncEntry, report: Report): void {
  if (!isKeyKnown(path, key)) {
    const near = nearest(key, KEYS[path]!);
    report('corosync-unknown-key', 'warning', place!, {
      text: `corosync does not know ${key} in ${path}`,
      remedy: near.length > 0 ? `Was ${near.join(' or ')} meant?` : 'Remove it, or see corosync.conf(5).',
    });
  }
  if (NUMBERS[path]?.includes(key) === true && !/^\d+$/.test(value))
    report('corosync-no-number', 'error', place!, {
      text: `the value of ${key} is no whole number`,
      remedy: 'Write digits only, times in milliseconds.',
    });
}

function checkOnce({ entries }: CorosyncSection, report: Report): void {
  const seen = new Set<string>();
  for (const { key, place } of entries) {
    if (seen.has(key))
      report('corosync-key-twice', 'warning', place!, {
        text: `${key} is there twice in this section; only the last counts`,
        remedy: 'Remove one of them.',
      });
    seen.add(key);
  }
}

function checkTotem({ top, settings, placeOf }: Checked, report: Report): void {
  const version = entryOf(sectionsAt(top, 'totem'), 'version');
  if (version?.value !== '2')
    report('corosync-version', 'error', placeOf(['totem'], 'version'), {
      text: 'the version of the configuration is not said to be 2',
      remedy: 'Write `version: 2` in totem.',
    });
  if (!['knet', 'udpu', 'udp'].includes(settings.transport))
    report('corosync-transport', 'error', placeOf(['totem'], 'transport'), {
      text: 'this transport is none of corosync 3',
      remedy: 'Write `transport: knet`.',
    });
}

function checkCrypto({ settings, placeOf }: Checked, report: Report): void {
  const { crypto, transport } = settings;
  const isOn = crypto.cipher !== 'none' || crypto.hash !== 'none';
  if (isOn && isPlain(transport))
    report('corosync-crypto-transport', 'error', placeOf(['totem'], 'transport'), {
      text: `messages cannot be encrypted or proven with the transport ${transport}`,
      remedy: 'Use `transport: knet`.',
    });
  else if (crypto.cipher !== 'none' && crypto.hash === 'none')
    report('corosync-crypto-hash', 'error', placeOf(['totem'], 'crypto_cipher'), {
      text: 'messages are encrypted but not proven, which corosync refuses',
      remedy: 'Add `crypto_hash: sha256`.',
    });
  else if (!isOn)
    report('corosync-crypto-off', 'warning', placeOf(['totem'], 'crypto_cipher'), {
      text: 'whoever reaches the network of the cluster can take part in it and shut nodes out',
      remedy: 'Set crypto_cipher: aes256 and crypto_hash: sha256, and give all nodes the same authkey.',
    });
  if (crypto.hasInlineKey)
    report('corosync-inline-key', 'warning', placeOf(['totem'], 'key'), {
      text: 'the key stands in the configuration, which is readable by more people than a key may be',
      remedy: 'Put it into a file of mode 0400 and name that with keyfile.',
    });
}

function checkNodes({ settings, placeOf }: Checked, report: Report): void {
  const { nodes, transport } = settings;
  if (nodes.length === 0)
    report('corosync-no-nodes', transport === 'udp' ? 'warning' : 'error', placeOf(['nodelist']), {
      text: 'there is no list of nodes',
      remedy: 'Add nodelist with a node { } for each, with name, nodeid and ring0_addr.',
    });
  for (const node of nodes) {
    const place = node.place!;
    const called = node.name ?? `${node.nodeId ?? 'without name'}`;
    if (node.name === undefined)
      report('corosync-node-name', 'warning', place, {
        text: `node ${called} has no name, so that Pacemaker has to guess it from addresses`,
        remedy: 'Add `name:` with what uname -n prints there.',
      });
    if (node.nodeId === undefined ? transport === 'knet' : node.nodeId === 0)
      report('corosync-node-id', 'error', place, {
        text: `node ${called} has no id`,
        remedy: 'Add `nodeid:` with a number from 1 on that no other node has.',
      });
    if (!node.addresses.has(0))
      report('corosync-node-address', 'error', place, {
        text: `node ${called} has no address`,
        remedy: 'Add `ring0_addr:` with its address on the first link.',
      });
  }
  reportTwice(nodes, report);
}

function reportTwice(nodes: readonly CorosyncNode[], report: Report): void {
  const seen = new Set<string>();
  for (const { name, nodeId, addresses, place } of nodes) {
    const own = [
      ...(name === undefined ? [] : [`the name ${name}`]),
      ...(nodeId === undefined ? [] : [`the id ${nodeId}`]),
      ...[...new Set(addresses.values())].map((address) => `the address ${address}`),
    ];
    for (const each of own.filter((what) => seen.has(what)))
      report('corosync-node-twice', 'error', place!, {
        text: `${each} is that of two nodes`,
        remedy: 'Give each node its own.',
      });
    for (const each of own) seen.add(each);
  }
}

function checkLinks({ settings, placeOf }: Checked, report: Report): void {
  const { nodes, transport } = settings;
  const links = [...new Set(nodes.flatMap(({ addresses }) => [...addresses.keys()]))].sort((a, b) => a - b);
  if (links.length === 1 && nodes.length > 1)
    report('corosync-one-link', 'warning', placeOf(['nodelist']), {
      text: 'there is one link only: when it fails, nodes that are alive are shot',
      remedy:
        transport === 'knet'
          ? 'Add ring1_addr on another network to each node.'
          : 'Use the transport knet and a second link.',
    });
  if (links.length > (isPlain(transport) ? 1 : LINKS_MAX))
    report('corosync-links', 'error', placeOf(['nodelist']), {
      text: `${links.length} links are more than ${transport} can have`,
      remedy: isPlain(transport) ? 'Use `transport: knet`.' : `Use ${LINKS_MAX} at most.`,
    });
  for (const { name, addresses, place } of nodes)
    for (const link of links.filter((each) => each > 0 && !addresses.has(each)))
      report('corosync-link-uneven', 'warning', place!, {
        text: `node ${name ?? ''} has no address on link ${link}, which other nodes have`,
        remedy: `Add ring${link}_addr.`,
      });
}

function checkQuorum({ top, settings, placeOf }: Checked, report: Report): void {
  const { quorum, nodes } = settings;
  const hasTwoNode = entryOf(sectionsAt(top, 'quorum'), 'two_node')?.value === '1';
  if (quorum.provider !== 'corosync_votequorum')
    report('corosync-no-quorum', 'error', placeOf(['quorum'], 'provider'), {
      text: 'nobody counts votes, so that both halves of a cluster that is cut in two go on',
      remedy: 'Write `provider: corosync_votequorum` in quorum.',
    });
  if (nodes.length === 2 && !hasTwoNode && quorum.device === undefined && !quorum.autoTieBreaker)
    report('corosync-two-nodes', 'error', placeOf(['quorum']), {
      text: 'of two nodes none has a majority, so that nothing is taken over when one dies',
      remedy: 'Write `two_node: 1` in quorum, and have fencing that works.',
    });
  if (hasTwoNode && quorum.expectedVotes !== 2)
    report('corosync-two-node-wrong', 'error', placeOf(['quorum'], 'two_node'), {
      text: `two_node is for clusters of two votes, and this has ${quorum.expectedVotes ?? 'an unknown number'}`,
      remedy: 'Remove two_node.',
    });
  if (quorum.isTwoNode && !quorum.waitsForAll)
    report('corosync-wait-for-all', 'warning', placeOf(['quorum'], 'wait_for_all'), {
      text: 'a node that starts alone shoots the other, and after the next start the other shoots it',
      remedy: 'Remove wait_for_all, which two_node turns on.',
    });
  if (quorum.lastManStanding && !quorum.waitsForAll)
    report('corosync-last-man', 'warning', placeOf(['quorum'], 'last_man_standing'), {
      text: 'last_man_standing without wait_for_all lets parts of a cluster start by themselves',
      remedy: 'Add `wait_for_all: 1`.',
    });
}

function checkTimes({ settings, placeOf }: Checked, report: Report): void {
  const { tokenMs, consensusMs } = settings.timeouts;
  const place = placeOf(['totem'], 'token');
  if (tokenMs < TOKEN_MS_LEAST)
    report('corosync-token', 'error', place, {
      text: `the token's time of ${tokenMs} ms is below ${TOKEN_MS_LEAST} ms, with which corosync does not start`,
      remedy: 'Remove token, or give it 3000 (ms).',
    });
  else if (tokenMs < TOKEN_MS_MIN)
    report('corosync-token', 'warning', place, {
      text: `nodes are given up after ${tokenMs} ms, which a busy machine or network takes as well`,
      remedy: 'Remove token, or give it 1000 to 10000 (ms).',
    });
  if (consensusMs < tokenMs * 1.2 - 1)
    report('corosync-consensus', 'warning', placeOf(['totem'], 'consensus'), {
      text: `consensus (${consensusMs} ms) is less than 1.2 times the token (${tokenMs} ms)`,
      remedy: 'Remove consensus; corosync derives it.',
    });
}

/** Transports that have one link and no encryption. */
function isPlain(transport: string): boolean {
  return transport === 'udp' || transport === 'udpu';
}

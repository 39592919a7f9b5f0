/** Nodes, and the addresses of each on every link. */

import { AppError } from '../../base/errors.ts';
import type { corosync, heartbeat } from '../../cluster.ts';
import type { Notebook } from './model.ts';

export interface MembershipInput {
  nodes: readonly string[];
  media: readonly heartbeat.HaMedium[];
  given: Readonly<Record<string, readonly string[]>>;
  resolved: Readonly<Record<string, readonly string[]>>;
}

interface Link {
  device: string;
  media: heartbeat.HaMedium[];
  /** Addresses that `ucast` lines name. */
  candidates: readonly string[];
}

type Found = { addresses: string[]; how: string };

/** @throws {AppError} `config` when the addresses that were given are of other nodes, or not as many for each */
export function planMembership(input: MembershipInput, notebook: Notebook): corosync.PlainCorosyncNode[] {
  tellSerial(input.media, notebook);
  if (Object.keys(input.given).length > 0) return givenNodes(input, notebook);
  const links = linksOf(input.media);
  const known: string[][] = [];
  const open: Link[] = [];
  for (const link of links) {
    const found = addressesOf(link, { ...input, known: known[0] });
    if (found === undefined) open.push(link);
    else {
      known.push(found.addresses);
      tellLink(link, { becomes: pairsText(input.nodes, found.addresses), why: found.how }, notebook);
    }
  }
  if (known.length === 0) {
    known.push([...input.nodes]);
    const first = open.shift();
    const why =
      'The old files name devices, not addresses, so corosync looks the names up: write them into /etc/hosts of every node, ' +
      'with the addresses of this network, or give the addresses with --address.';
    tellLink(first, { becomes: pairsText(input.nodes, input.nodes), why }, notebook);
  }
  for (const { device, media } of open)
    notebook.unmapped.push({
      what: `link ${device}`,
      place: media[0]?.place,
      why: 'the old files do not tell which address each node has there, so the cluster would have one link less',
      instead: `import again with --address ${input.nodes[0]}=ADDRESS,ADDRESS and so on for each node, one address for each link`,
    });
  return input.nodes.map((name, at) => ({ name, nodeId: at + 1, addresses: known.map((link) => link[at]!) }));
}

function givenNodes({ nodes, media, given }: MembershipInput, notebook: Notebook): corosync.PlainCorosyncNode[] {
  const stranger = Object.keys(given).find((name) => !nodes.includes(name));
  const without = nodes.find((name) => (given[name] ?? []).length === 0);
  const wrong = stranger ?? without;
  if (wrong !== undefined)
    throw new AppError('config', {
      detail: stranger === undefined ? `no address was given for node ${wrong}` : `${wrong} is no node of this cluster`,
      hint: `Give one address for each link and each node: ${nodes.map((name) => `--address ${name}=ADDRESS,…`).join(' ')}`,
    });
  const links = linksOf(media);
  const count = given[nodes[0]!]!.length;
  for (const link of links.slice(0, count))
    tellLink(link, { becomes: 'one of the links that were given', why: 'As it was asked for.' }, notebook);
  for (const { device, media: lost } of links.slice(count))
    notebook.unmapped.push({
      what: `link ${device}`,
      place: lost[0]?.place,
      why: `only ${count} address${count === 1 ? ' was' : 'es were'} given for each node, so the cluster would have fewer links than before`,
      instead: 'give one more address for each node, or do without this link knowingly',
    });
  return nodes.map((name, at) => ({ name, nodeId: at + 1, addresses: given[name]! }));
}

/** One link for each device, whatever travels on it. */
function linksOf(media: readonly heartbeat.HaMedium[]): Link[] {
  const byDevice = Map.groupBy(
    media.filter(({ kind }) => kind !== 'serial'),
    ({ args }) => args[0]!,
  );
  return [...byDevice].map(([device, all]) => ({
    device,
    media: all,
    candidates: [
      ...new Set(all.filter(({ kind }) => kind === 'ucast' || kind === 'other').map(({ args }) => args[1]!)),
    ],
  }));
}

function addressesOf(
  { candidates }: Link,
  { nodes, resolved, known }: MembershipInput & { known: readonly string[] | undefined },
): Found | undefined {
  const found = nodes.map((node) => candidates.find((address) => resolved[node]?.includes(address)));
  const missing = found.flatMap((address, at) => (address === undefined ? [at] : []));
  const left = candidates.filter((address) => !found.includes(address));
  if (missing.length === 1 && left.length === 1) found[missing[0]!] = left[0]!;
  if (candidates.length === nodes.length && found.every((address) => address !== undefined))
    return {
      addresses: found,
      how: 'Of the addresses of the ucast lines, those to which the names of the nodes lead.',
    };
  if (known === undefined || candidates.length !== nodes.length) return undefined;
  const alike = known.map((address) => candidates.filter((each) => hostPart(each) === hostPart(address)));
  if (!alike.every(({ length }) => length === 1)) return undefined;
  return {
    addresses: alike.map(([address]) => address!),
    how: 'The ucast lines do not say whose address is whose: by the last part, which is that of the first link. Check it.',
  };
}

function hostPart(address: string): string {
  return address.split(/[.:]/).at(-1)!;
}

function pairsText(nodes: readonly string[], addresses: readonly string[]): string {
  return nodes.map((node, at) => `${node} ${addresses[at]}`).join(', ');
}

function tellLink(link: Link | undefined, told: { becomes: string; why: string }, { explanations }: Notebook): void {
  const was = link?.media.map(({ kind, args }) => `${kind === 'other' ? 'ucast6' : kind} ${args.join(' ')}`).join(', ');
  const about = link === undefined ? 'link' : `link ${link.device}`;
  explanations.push({ about, place: link?.media[0]?.place, was: was ?? 'no link', ...told });
}

function tellSerial(media: readonly heartbeat.HaMedium[], { unmapped }: Notebook): void {
  for (const { kind, args, place } of media)
    if (kind === 'serial')
      unmapped.push({
        what: `serial ${args[0]}`,
        place,
        why: 'corosync speaks over networks only',
        instead: 'give the cluster a second network for it: two links that share no switch',
      });
}

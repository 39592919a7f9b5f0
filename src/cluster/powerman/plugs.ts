/** Which node hangs on which plug of which device, and what is wrong with that. */
import type { Finding } from '../finding.ts';
import type { Place } from '../place.ts';
import { expandHosts } from './hostlist.ts';
import type { PowermanConfig } from './load.ts';
import type { DeviceEntry, NodeEntry, PowermanItem, Span, Specification } from './model.ts';

export interface PowermanPlug {
  readonly node: string;
  readonly device: string;
  readonly plug: string;
  readonly place: Place;
}

export interface PowermanDevice {
  readonly name: string;
  readonly specification: string;
  /** `tcp` has host:port, `serial` a device file, `command` the program without its arguments, which may be passwords. */
  readonly kind: 'tcp' | 'serial' | 'command';
  readonly target: string;
  readonly place: Place;
}

export interface PowermanView {
  readonly devices: readonly PowermanDevice[];
  readonly plugs: readonly PowermanPlug[];
  readonly aliases: readonly { readonly name: string; readonly nodes: readonly string[]; readonly place: Place }[];
  /** Addresses powermand listens on; it takes 127.0.0.1:10101 when there is none. */
  readonly listen: readonly string[];
  /** Those of the configuration included, ordered as found. */
  readonly findings: readonly Finding[];
}

interface Slots {
  /** Undefined where any name will do. */
  readonly names: readonly string[] | undefined;
  readonly nodeOf: Map<string, string>;
}

interface Work {
  readonly specifications: Map<string, Specification>;
  readonly devices: Map<string, PowermanDevice & { slots: Slots }>;
  readonly plugs: PowermanPlug[];
  readonly nodes: Set<string>;
  readonly aliases: { name: string; nodes: string[]; place: Place }[];
  readonly listen: string[];
  readonly findings: Finding[];
}

/** In the order of the files, as powermand does: what is used has to stand in front. */
export function powermanViewOf(config: PowermanConfig, clusterNodes: readonly string[] = []): PowermanView {
  const work: Work = {
    specifications: new Map(),
    devices: new Map(),
    plugs: [],
    nodes: new Set(),
    aliases: [],
    listen: [],
    findings: [...config.findings],
  };
  for (const item of config.items) take(work, item);
  checkAliases(work);
  const whole = config.files[0];
  const place = { file: whole?.file ?? '', line: 1, column: 1 };
  if (work.nodes.size === 0)
    tell(work, place, {
      code: 'powerman-nodes-none',
      text: 'no node hangs on any plug, and powermand does not start without one',
      remedy: 'name one: node "NODE" "DEVICE" "PLUG"',
    });
  for (const node of clusterNodes.filter((each) => !work.nodes.has(each)))
    tell(work, place, {
      code: 'powerman-node-missing',
      text: `${node} hangs on no plug, so PowerMan cannot switch it off`,
      remedy: `name its plug: node "${node}" "DEVICE" "PLUG"`,
    });
  const devices = [...work.devices.values()].map(({ slots: _, ...device }) => device);
  return { devices, plugs: work.plugs, aliases: work.aliases, listen: work.listen, findings: work.findings };
}

function take(work: Work, item: PowermanConfig['items'][number]): void {
  if (item.kind === 'specification') takeSpecification(work, item);
  else if (item.kind === 'device') takeDevice(work, item);
  else if (item.kind === 'node') takeNodes(work, item);
  else if (item.kind === 'alias') takeAlias(work, item);
  else if (item.kind === 'listen') work.listen.push(item.address);
}

function takeSpecification(work: Work, item: Span & Specification): void {
  if (work.specifications.has(item.name))
    tell(work, item.place, {
      code: 'powerman-specification-twice',
      level: 'warning',
      text: `specification ${item.name} is there twice, and powermand takes the first`,
      remedy: 'include it once, or give it another name',
    });
  else work.specifications.set(item.name, item);
}

function takeDevice(work: Work, item: Span & DeviceEntry): void {
  const specification = work.specifications.get(item.specification);
  if (specification === undefined)
    tell(work, item.place, {
      code: 'powerman-specification-missing',
      text: `device ${item.name} is of type ${item.specification}, which is not known at this point`,
      remedy: `include the file with specification "${item.specification}" above this line`,
    });
  else if (!specification.scripts.some(({ name }) => name === 'login'))
    tell(work, item.place, {
      code: 'powerman-login-missing',
      text: `specification ${item.specification} has no script login, and powermand aborts when it has reached such a device`,
      remedy: 'give it one that waits for what the device says first: script login { expect "…" }',
    });
  if (work.devices.has(item.name))
    tell(work, item.place, {
      code: 'powerman-device-twice',
      text: `device ${item.name} is there twice`,
      remedy: 'give one another name: nodes cannot tell which is meant',
    });
  const reached = reachedBy(item.address);
  if (reached.problem !== undefined)
    tell(work, item.place, {
      code: 'powerman-address',
      text: `device ${item.name} ${reached.problem}`,
      remedy: ADDRESS,
    });
  const { kind, target } = reached;
  const slots = { names: specification?.plugs, nodeOf: new Map<string, string>() };
  work.devices.set(item.name, {
    name: item.name,
    specification: item.specification,
    kind,
    target,
    place: item.place,
    slots,
  });
}

const ADDRESS = 'give "host:port", "/dev/tty…" or "/path/of/program arguments |&"';

/** As powermand tells them apart: `|&` anywhere, a slash in front, the rest is an address. */
function reachedBy(address: string): Pick<PowermanDevice, 'kind' | 'target'> & { problem?: string } {
  if (address.includes('|&')) return { kind: 'command', target: address.trim().split(/[\s|]/)[0]! };
  if (address.startsWith('/')) return { kind: 'serial', target: address };
  const port = /^[^:]+:(\d+)$/.exec(address)?.[1];
  if (port === undefined) return { kind: 'tcp', target: address, problem: 'has an address without host and port' };
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return { kind: 'tcp', target: address, ...(isPort ? {} : { problem: 'has a port that does not exist' }) };
}

function takeNodes(work: Work, item: Span & NodeEntry): void {
  const device = work.devices.get(item.device);
  if (device === undefined)
    tell(work, item.place, {
      code: 'powerman-device-missing',
      text: `node ${item.nodes} hangs on device ${item.device}, which is not known at this point`,
      remedy: `put device "${item.device}" above this line, or correct its name`,
    });
  const nodes = expanded(work, item.place, item.nodes);
  const plugs = item.plugs === undefined ? undefined : expanded(work, item.place, item.plugs);
  if (nodes === undefined || (item.plugs !== undefined && plugs === undefined)) return;
  for (const node of nodes) {
    if (work.nodes.has(node))
      tell(work, item.place, {
        code: 'powerman-node-twice',
        text: `node ${node} is there twice, which powermand refuses`,
        remedy: 'take one out; two power supplies want two names, such as n1a and n1b, and an alias',
      });
    work.nodes.add(node);
  }
  if (device === undefined) return;
  const wanted = plugs ?? freePlugs(device.slots) ?? nodes;
  if (nodes.length > wanted.length || (plugs !== undefined && nodes.length < wanted.length)) {
    tellOfCount(work, item, { nodes: nodes.length, plugs: wanted.length });
  }
  for (const [at, node] of nodes.entries())
    if (at < wanted.length) put(work, item, { device, node, plug: wanted[at]! });
}

function freePlugs({ names, nodeOf }: Slots): string[] | undefined {
  return names?.filter((name) => !nodeOf.has(name));
}

function put(
  work: Work,
  item: Span & NodeEntry,
  hung: { device: { name: string; slots: Slots }; node: string; plug: string },
): void {
  const { device, node, plug } = hung;
  const { names, nodeOf } = device.slots;
  const other = nodeOf.get(plug);
  if (names !== undefined && !names.includes(plug))
    tell(work, item.place, {
      code: 'powerman-plug-unknown',
      text: `node ${node} hangs on plug ${plug}, which device ${device.name} does not have`,
      remedy: `use one of its plugs: ${names.join(', ')}`,
    });
  if (other !== undefined)
    tell(work, item.place, {
      code: 'powerman-plug-twice',
      text: `plug ${plug} of ${device.name} is given to ${node} and to ${other}: switching one off would take the other with it`,
      remedy: 'find out which node hangs there, and give the other its own plug',
    });
  nodeOf.set(plug, other ?? node);
  work.plugs.push({ node, device: device.name, plug, place: item.place });
}

function tellOfCount(work: Work, item: Span & NodeEntry, count: { nodes: number; plugs: number }): void {
  const isShort = count.nodes > count.plugs;
  tell(work, item.place, {
    code: isShort ? 'powerman-plugs-few' : 'powerman-nodes-few',
    text: `${count.nodes} nodes (${item.nodes}) and ${count.plugs} plugs do not go together on device ${item.device}`,
    remedy: 'name as many plugs as nodes',
  });
}

function takeAlias(work: Work, item: PowermanItem & { kind: 'alias' }): void {
  const nodes = expanded(work, item.place, item.hosts);
  if (work.aliases.some(({ name }) => name === item.name))
    tell(work, item.place, {
      code: 'powerman-alias-twice',
      text: `alias ${item.name} is there twice, which powermand refuses`,
      remedy: 'take one out',
    });
  if (nodes !== undefined) work.aliases.push({ name: item.name, nodes, place: item.place });
}

/** At the end, as an alias may stand in front of its nodes. */
function checkAliases(work: Work): void {
  for (const { name, nodes, place } of work.aliases) {
    const strangers = nodes.filter((node) => !work.nodes.has(node));
    if (strangers.length === 0) continue;
    tell(work, place, {
      code: 'powerman-alias-unknown',
      text: `alias ${name} stands for ${strangers.join(', ')}, of which there is no node`,
      remedy: 'correct the alias, or give the node a plug',
    });
  }
}

function expanded(work: Work, place: Place, list: string): string[] | undefined {
  const found = expandHosts(list);
  if ('hosts' in found) return found.hosts;
  tell(work, place, {
    code: 'powerman-hosts',
    text: `the list ${JSON.stringify(list)} ${found.problem}`,
    remedy: 'write names, or ranges such as n[0-15]',
  });
  return undefined;
}

function tell(work: Work, place: Place, found: Omit<Finding, 'place' | 'level'> & { level?: Finding['level'] }): void {
  work.findings.push({ level: 'error', place, ...found });
}

/** Fence devices from the `stonith` and `stonith_host` lines of `ha.cf`, and from devices of a CIB. */
import type { StonithLine } from '../heartbeat/model.ts';
import { type Host, hostsOf, nodeNamed } from './hosts.ts';
import type { AgentMapping, FenceDevice, FencePlan, NamedStonith, StonithPlugin, Unmapped } from './model.ts';
import { type Converted, leftOut, optionsOf } from './options.ts';
import { stonithPlugin } from './plugins.ts';
import { Secret } from './secret.ts';
import { type ConfigText, isRefused, type Refused, type Values, valuesOf } from './values.ts';

/**
 * What shooting the survivor waits when two nodes shoot at each other. Logging in at a service processor and cutting the
 * power takes up to 7 s (5 s login_timeout, 2 s power_wait): by then the other is off. A takeover after the survivor's
 * own death takes as much longer.
 */
export const FENCE_DELAY_SECONDS = 10;

export interface FenceOptions {
  /** Text of the file that a `stonith` line names. */
  configText?: ConfigText;
  /** Of two nodes the one that lives on when both shoot; the first unless given. */
  survivor?: string;
}

type Line = StonithLine | NamedStonith;

interface Draft extends Converted {
  line: Line;
  mapping: AgentMapping;
  hosts: string[];
  plugOf: Record<string, string>;
  mayRunOn: string[];
  notes: string[];
  /** The same for lines that mean the same device. */
  key: string;
}

/** Pure. Lines that mean the same device, for other nodes, become one. */
export function fenceDevicesOf(
  lines: readonly Line[],
  nodes: readonly string[],
  options: FenceOptions = {},
): FencePlan {
  const drafts: Draft[] = [];
  const unmapped: Unmapped[] = [];
  for (const line of lines) {
    const found = draftOf(line, nodes, options.configText ?? (() => undefined));
    if (isRefused(found)) unmapped.push({ place: line.place, plugin: line.plugin, ...found });
    else drafts.push(found);
  }
  const groups = Map.groupBy(drafts, ({ key }) => key);
  const ids = new Set<string>();
  const devices: FenceDevice[] = [];
  for (const group of groups.values()) {
    const device = deviceOf(group, nodes, options.survivor ?? nodes[0]);
    if (device.mayRunOn.length > 0) devices.push({ ...device, id: freeId(idOf(device, group[0]!.line), ids) });
    else unmapped.push(...group.map(({ line }) => ({ place: line.place, plugin: line.plugin, ...SELF })));
  }
  return { devices, unmapped };
}

const SELF: Refused = {
  why: 'could only be used by the very node that it shoots',
  instead: 'let the other nodes use it: name them in front of the plugin, or *',
};

function draftOf(line: Line, nodes: readonly string[], configText: ConfigText): Draft | Refused {
  const plugin = stonithPlugin(line.plugin);
  if (plugin === undefined) return UNKNOWN;
  if (plugin.fence.kind === 'none') return { why: plugin.fence.why, instead: plugin.fence.instead };
  const values = valuesOf(line, plugin, configText);
  if (isRefused(values)) return values;
  const converted = optionsOf(plugin, plugin.fence, values);
  if (isRefused(converted)) return converted;
  const from = line.from === '*' ? undefined : nodeNamed(line.from, nodes);
  if (line.from !== '*' && from === undefined)
    return { why: `may only be used by ${line.from}, which is no node of this cluster`, instead: 'correct the name' };
  return withHosts({ line, plugin, mapping: plugin.fence, values, converted, from }, nodes);
}

const UNKNOWN: Refused = {
  why: 'is not among the plugins of `stonith -L`',
  instead: 'find out what the plugin of this site does, and take the agent that does it or write one',
};

interface Understood {
  line: Line;
  plugin: StonithPlugin;
  mapping: AgentMapping;
  values: Values;
  converted: Converted;
  from: string | undefined;
}

function withHosts(found: Understood, nodes: readonly string[]): Draft | Refused {
  const { line, mapping, converted, from } = found;
  const named = hostsOf(mapping.hosts, found.values);
  const known = (named ?? nodes.map((name): Host => ({ name, plug: undefined }))).map(({ name, plug }) => {
    const node = nodeNamed(name, nodes);
    return { name, node, plug: plug ?? (node === name ? undefined : name) };
  });
  const strangers = known.filter(({ node }) => node === undefined).map(({ name }) => name);
  const mine = known.filter(({ node }) => node !== undefined);
  if (mine.length === 0)
    return {
      why: `shoots ${strangers.join(', ')}, no node of this cluster`,
      instead: 'correct the names of the nodes',
    };
  const others = mine.filter(({ node }) => node !== from);
  return {
    ...converted,
    line,
    mapping,
    hosts: others.map(({ node }) => node!),
    plugOf: Object.fromEntries(others.filter(({ plug }) => plug !== undefined).map(({ node, plug }) => [node!, plug!])),
    mayRunOn: others.length === 0 ? [] : from === undefined ? [...nodes] : [from],
    notes: [
      ...strangers.map((name) => `${name} is no node of this cluster and was left out.`),
      ...leftOut(mapping, found.values).map((name) => `${name} is left out: ${mapping.agent} has nothing like it.`),
      ...others.filter(({ plug }) => needsEscape(plug)).map(({ node }) => oddPlugNote(node!)),
    ],
    key: JSON.stringify([mapping.agent, revealed(converted.options), named ?? '']),
  };
}

function needsEscape(plug: string | undefined): boolean {
  return plug !== undefined && /[\\:=; \t]/.test(plug);
}

function oddPlugNote(node: string): string {
  return `The plug of ${node} holds a character that ends names in pcmk_host_map: it stands behind a backslash, which Pacemaker up to 2.1 reads; with a newer one give ${node} a device of its own with plug=.`;
}

function deviceOf(group: readonly Draft[], nodes: readonly string[], survivor: string | undefined): FenceDevice {
  const first = group[0]!;
  const all = new Set(group.flatMap(({ hosts }) => hosts));
  const hosts = nodes.filter((node) => all.has(node));
  const may = new Set(group.flatMap(({ mayRunOn }) => mayRunOn));
  const delayed = nodes.length === 2 && survivor !== undefined && all.has(survivor);
  return {
    id: '',
    agent: first.mapping.agent,
    options: first.options,
    hosts,
    plugOf: Object.assign({}, ...group.map(({ plugOf }) => plugOf)),
    mayRunOn: nodes.filter((node) => may.has(node) && !(hosts.length === 1 && hosts[0] === node)),
    delaySecondsOf: delayed ? { [survivor]: FENCE_DELAY_SECONDS } : {},
    asked: first.asked,
    notes: [...new Set([first.mapping.note, ...group.flatMap(({ notes }) => notes)])],
    places: group.map(({ line }) => line.place),
  };
}

/** For comparison only, and never kept: devices with different passwords are not the same. */
function revealed(options: Converted['options']): [string, string][] {
  return Object.entries(options).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]);
}

function idOf(device: FenceDevice, line: Line): string {
  const name = device.hosts.length === 1 ? device.hosts[0]! : line.plugin.replace(/^external\//, '');
  return `fence-${name.replace(/[^\w.-]/g, '-')}`;
}

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count++) id = `${wanted}-${count}`;
  taken.add(id);
  return id;
}

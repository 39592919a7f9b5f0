/** STONITH. Parameters of devices may be passwords: nothing here repeats one but the name of a node. */
import { nearest } from '../../base/nearest.ts';
import { type heartbeat, stonith } from '../../cluster.ts';
import { placeOf, topOf } from './facts.ts';
import type { Configuration, LintNode, Remark } from './model.ts';

/** What pretends, waits for a person, or asks the node that is to be shot. */
const UNFIT: Readonly<Record<string, Pick<Remark, 'level' | 'text'>>> = {
  null: { level: 'error', text: 'null only says that it shot: nothing is protected' },
  ssh: { level: 'error', text: 'ssh asks the node itself to go down, which a dead one does not answer' },
  'external/ssh': {
    level: 'error',
    text: 'external/ssh asks the node itself to go down, which a dead one does not answer',
  },
  meatware: { level: 'warning', text: 'meatware waits for a person: no takeover happens until somebody confirms' },
};
const OTHERS_READ = 0o004;

export function stonithAbsent(configuration: Configuration): Remark[] {
  const { settings } = configuration;
  const isManaged = settings.crm !== undefined && settings.crm !== 'off';
  if (settings.stonith.length > 0 || isManaged) return [];
  return [
    {
      level: 'error',
      place: placeOf(configuration),
      text: 'no STONITH: a node that only lost contact keeps writing while its peer takes over, which destroys filesystems',
      remedy: 'Add stonith_host lines for power control of each node; stonith -L lists the kinds.',
    },
  ];
}

/** A device that only reaches the node that uses it, or whose user is among those it reaches. */
export function stonithSelf({ settings }: Configuration): Remark[] {
  const { nodes, stonith: lines } = settings;
  return lines.flatMap((line): Remark[] => {
    if (line.plugin === 'suicide')
      return [
        {
          level: 'error',
          place: line.place,
          text: 'suicide shoots the node that uses it, never the peer',
          remedy: 'Use power control of the peer.',
        },
      ];
    const targets = targetsOf(line, nodes);
    if (line.from === '*' || !targets?.includes(line.from)) return [];
    const isOnly = targets.length === 1;
    return [
      {
        level: isOnly ? 'error' : 'warning',
        place: line.place,
        text: `${line.from} may use this device, and it switches ${isOnly ? 'nothing but' : 'also'} ${line.from} itself`,
        remedy: `Let it switch the peer: stonith_host ${line.from} TYPE PEER …`,
      },
    ];
  });
}

/** Of the lines a node may use, Heartbeat keeps the last (3.0.6: one pointer, set anew by each). */
export function stonithShadowed({ settings }: Configuration): Remark[] {
  return settings.nodes.flatMap((node) => {
    const usable = settings.stonith.filter(({ from }) => from === '*' || from === node);
    return usable.slice(0, -1).map((line) => ({
      level: 'warning' as const,
      place: line.place,
      text: `${node} never uses this device: of several it takes the last, on line ${usable.at(-1)!.place.line}`,
      remedy: 'Leave one line for each node, with a device that switches its peer.',
    }));
  });
}

export function stonithCoverage({ settings }: Configuration): Remark[] {
  const { nodes, stonith: lines } = settings;
  if (lines.length === 0) return [];
  return nodes.flatMap((node): Remark[] => {
    const line = lines.findLast(({ from }) => from === '*' || from === node);
    const peers = nodes.filter((peer) => peer !== node);
    if (line === undefined)
      return [
        {
          level: 'error',
          place: lines.at(-1)!.place,
          text: `${node} has no device, and cannot shoot ${peers.join(', ')}`,
          remedy: `Add: stonith_host ${node} TYPE ${peers[0] ?? 'PEER'} …`,
        },
      ];
    const targets = line.plugin === 'suicide' ? [] : targetsOf(line, nodes);
    const missing = targets === undefined ? [] : peers.filter((peer) => !targets.includes(peer));
    if (missing.length === 0) return [];
    return [
      {
        level: 'error',
        place: line.place,
        text: `the device that ${node} uses does not switch ${missing.join(', ')}`,
        remedy: `Let ${node} use one that does: stonith_host ${node} TYPE ${missing[0]} …`,
      },
    ];
  });
}

/** Some devices know themselves which outlet is whose. */
export function stonithUnknown({ settings }: Configuration): Remark[] {
  const { nodes, stonith: lines } = settings;
  return lines
    .filter((line) => line.plugin !== 'suicide' && targetsOf(line, nodes) === undefined)
    .map(({ plugin, place }) => ({
      level: 'note',
      place,
      text: `which nodes ${nameOf(plugin)} switches does not stand here: it is not known whether all peers are covered`,
      remedy: 'Ask the device on each node: stonith -t TYPE -l, with its parameters.',
    }));
}

export function stonithUser({ settings }: Configuration): Remark[] {
  const { nodes, stonith: lines } = settings;
  return lines
    .filter(({ from }) => from !== '*' && !nodes.includes(from))
    .map(({ from, place }) => ({
      level: 'error',
      place,
      text: `${from} is no node: nobody uses this device`,
      remedy: 'Write the node that may use it as uname -n names it, or *.',
    }));
}

export function stonithUnfit({ settings }: Configuration): Remark[] {
  return settings.stonith.flatMap(({ plugin, place }): Remark[] => {
    const unfit = Object.hasOwn(UNFIT, plugin) ? UNFIT[plugin] : undefined;
    return unfit === undefined
      ? []
      : [{ ...unfit, place, remedy: 'Use power control: a service processor or a switched outlet.' }];
  });
}

/** Scripts of the site's own are external/NAME; any other type has to be one that cluster-glue brings. */
export function stonithType({ settings }: Configuration): Remark[] {
  const names = stonith.STONITH_PLUGINS.map(({ name }) => name);
  return settings.stonith
    .filter(({ plugin }) => nameOf(plugin) !== plugin)
    .map(({ plugin, place }) => {
      const [meant] = nearest(plugin, names);
      const hint = meant === undefined ? 'stonith -L lists the types.' : `Did you mean ${meant}?`;
      // The word is not repeated: it may be a password that slipped here.
      return { level: 'error', place, text: 'the type is no known one: Heartbeat does not start', remedy: hint };
    });
}

export function stonithReadable({ haCf, name }: LintNode, { settings }: Configuration): Remark[] {
  const line = settings.stonith.find(holdsSecret);
  if (haCf.kind !== 'read' || haCf.mode === undefined || (haCf.mode & OTHERS_READ) === 0 || line === undefined)
    return [];
  return [
    {
      level: 'warning',
      place: topOf(haCf.path),
      text: `everybody on ${name} can read it, and line ${line.place.line} has the access to ${nameOf(line.plugin)}`,
      remedy: 'chmod 0600 ha.cf',
    },
  ];
}

/** Of a type that is not known, any second parameter may be one. */
function holdsSecret({ plugin, params }: heartbeat.StonithLine): boolean {
  const known = stonith.stonithPlugin(plugin);
  if (known === undefined) return params.length > 1;
  return params.some((_, at) => known.params[at]?.isSecret === true);
}

function nameOf(plugin: string): string {
  const isKnown = stonith.stonithPlugin(plugin) !== undefined || /^external\/[\w.-]+$/.test(plugin);
  return isKnown ? plugin : 'this device';
}

/** Nodes that stand in its parameters; undefined where none does, as the device knows its nodes itself. */
function targetsOf({ plugin, params }: heartbeat.StonithLine, nodes: readonly string[]): string[] | undefined {
  const known = stonith.stonithPlugin(plugin);
  const open = params.filter((_, at) => known?.params[at]?.isSecret !== true);
  const words = open.flatMap((param) => param.toLowerCase().split(/[,;:=\s]+/));
  const named = nodes.filter((node) => words.includes(node));
  return named.length === 0 ? undefined : named;
}

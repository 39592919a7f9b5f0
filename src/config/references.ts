/** What the schema alone cannot tell: names that must exist, words that must be understood, values that must go together. */
import { hasCode } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { LOCAL } from './parts.ts';
import { commandsOf, schedulesOf } from './places.ts';
import type { Path, Place, Problem } from './problem.ts';
import type { Config } from './schema.ts';
import type { Sound } from './sound.ts';
import { parseWhen, refuseUnknownZone } from './when.ts';

/** `known`: where the names stand among which one is missing. */
type Found = readonly [path: Path, text: string, known?: Path];

/** @returns nothing about what is a stand-in, nor about names of a group that is one */
export function referenceProblems({ config, isStandIn }: Sound, positions: (path: Path) => Place): Problem[] {
  const found: Found[] = [
    ...nameProblems(config),
    ...planProblems(config),
    ...hostProblems(config),
    ...clusterProblems(config),
    ...routeProblems(config),
    ...timeProblems(config),
    ...shelfProblems(config),
    ...wordProblems(config),
  ];
  return found
    .filter(([path, , known]) => !isStandIn(path) && (known === undefined || !isStandIn(known)))
    .map(([path, text]) => ({ place: positions(path), path, text }));
}

const TARGETS: Path = ['notifications', 'targets'];

/** Names become parts of paths and of metrics, where capitals may not count. */
function nameProblems({ vaults, hosts, plans, shelves, clusters, notifications }: Config): Found[] {
  const groups: [Path, object][] = [
    [['vaults'], vaults],
    [['hosts'], hosts],
    [['plans'], plans],
    [['shelves'], shelves],
    [['clusters'], clusters],
    [TARGETS, notifications.targets],
  ];
  const alike = groups.flatMap(([path, group]) => {
    const names = Object.keys(group);
    const first = new Map(names.toReversed().map((name) => [name.toLowerCase(), name]));
    return names
      .filter((name) => first.get(name.toLowerCase()) !== name)
      .map((name): Found => [[...path, name], `differs from '${first.get(name.toLowerCase())}' only in capitals`]);
  });
  const local = Object.keys(hosts).filter((name) => name.toLowerCase() === LOCAL);
  return [
    ...alike,
    ...local.map((name): Found => [['hosts', name], `'${LOCAL}' is this machine; name the host differently`]),
  ];
}

function planProblems({ plans, vaults, clusters, notifications }: Config): Found[] {
  return Object.entries(plans).flatMap(([name, plan]) => {
    const path = ['plans', name];
    return [
      ...missing(plan.vault, { path: [...path, 'vault'], what: 'vault', known: vaults, group: ['vaults'] }),
      ...(plan.notify ?? []).flatMap((target, index) =>
        missing(target, {
          path: [...path, 'notify', index],
          what: 'notification target',
          known: notifications.targets,
          group: TARGETS,
        }),
      ),
      ...outputProblems(plan.sources, path),
      ...plan.sources.flatMap((source, index) => {
        if (!('cluster' in source)) return [];
        const at = [...path, 'sources', index, 'cluster'];
        return missing(source.cluster, { path: at, what: 'cluster', known: clusters, group: ['clusters'] });
      }),
    ];
  });
}

/** Outputs of commands become files side by side in one snapshot, and clusters folders. */
function outputProblems(sources: Config['plans'][string]['sources'], path: Path): Found[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index): Found[] => {
    if ('files' in source) return [];
    const [key, stored] = 'command' in source ? ['as', source.as] : ['cluster', source.cluster];
    if (!seen.has(stored)) {
      seen.add(stored);
      return [];
    }
    return [[[...path, 'sources', index, key], `another source of this plan is stored as '${stored}' already`]];
  });
}

function hostProblems(config: Config): Found[] {
  const { hosts, shelves } = config;
  const known = { ...hosts, [LOCAL]: true };
  const ofTargets = Object.entries(shelves).flatMap(([name, { target }]) =>
    target === undefined ? [] : [{ path: ['shelves', name, 'target'], it: target }],
  );
  return [...commandsOf(config), ...ofTargets].flatMap(({ path, it }) =>
    missing(it.host, { path: [...path, 'host'], what: 'host', known, group: ['hosts'] }),
  );
}

/** A node belongs to one cluster: what it says would count for both. */
function clusterProblems({ clusters, notifications }: Config): Found[] {
  const first = new Map<string, string>();
  return Object.entries(clusters).flatMap(([name, { nodes, fencing }]) => {
    const path = ['clusters', name];
    const twice = nodes.flatMap((node, index): Found[] => {
      const other = first.get(node);
      first.set(node, other ?? name);
      if (other === undefined) return [];
      return [
        [
          [...path, 'nodes', index],
          other === name ? `'${node}' stands here twice` : `'${node}' is a node of '${other}' already`,
        ],
      ];
    });
    const targets = (fencing.notify ?? []).flatMap((target, index) =>
      missing(target, {
        path: [...path, 'fencing', 'notify', index],
        what: 'notification target',
        known: notifications.targets,
        group: TARGETS,
      }),
    );
    return [...twice, ...targets];
  });
}

function routeProblems({ notifications: { routes, targets }, plans }: Config): Found[] {
  return routes.flatMap((route, index) => {
    const path = ['notifications', 'routes', index];
    return [
      ...route.to.flatMap((target, at) =>
        missing(target, { path: [...path, 'to', at], what: 'notification target', known: targets, group: TARGETS }),
      ),
      ...(route.plans ?? []).flatMap((plan, at) =>
        missing(plan, { path: [...path, 'plans', at], what: 'plan', known: plans, group: ['plans'] }),
      ),
    ];
  });
}

function timeProblems(config: Config): Found[] {
  const zones: [Path, string | undefined][] = [
    [['timezone'], config.timezone],
    ...Object.entries(config.shelves).map(([name, { timezone }]): [Path, string | undefined] => [
      ['shelves', name, 'timezone'],
      timezone,
    ]),
  ];
  return [
    ...zones.flatMap(([path, zone]) => (zone === undefined ? [] : wrongWords(path, () => refuseUnknownZone(zone)))),
    ...schedulesOf(config).flatMap(({ path, it: { at, timezone } }) => [
      ...wrongWords(path, () => parseWhen(at)),
      ...(timezone === undefined ? [] : wrongWords([...path, 'timezone'], () => refuseUnknownZone(timezone))),
    ]),
  ];
}

function wrongWords(path: Path, read: () => unknown): Found[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    return [[path, [error.message.replace(/^wrong configuration: /, ''), error.hint].join('. ').replace(/\. $/, '')]];
  }
}

/** What paths below a shelf's root may be made of. */
const LAYOUT_WORDS = ['category', 'name', 'year', 'month', 'day', 'time', 'weekday', 'file'];

function shelfProblems({ shelves }: Config): Found[] {
  return Object.entries(shelves).flatMap(([name, { layout, items, root, target }]) => {
    const path = ['shelves', name];
    const seen = new Set<string>();
    const doubles = items.flatMap((item, index): Found[] => {
      const key = [item.category, item.name, item.file].join('/');
      if (seen.has(key)) return [[[...path, 'items', index], `${key} stands here twice`]];
      seen.add(key);
      return [];
    });
    const isSame = target !== undefined && target.host === LOCAL && target.root === root;
    const same: Found[] = isSame ? [[[...path, 'target', 'root'], 'the target is the shelf itself']] : [];
    return [...layoutProblems([...path, 'layout'], layout), ...doubles, ...same];
  });
}

function layoutProblems(path: Path, layout: string): Found[] {
  if (layout === 'dated' || layout === 'weekday') return [];
  const words = [...layout.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]!);
  const unknown = words.filter((word) => !LAYOUT_WORDS.includes(word));
  if (words.length === 0) return [[path, `expected dated, weekday, or a pattern with {${LAYOUT_WORDS.join('}, {')}}`]];
  return unknown.map((word) => [path, `{${word}} means nothing here; there are {${LAYOUT_WORDS.join('}, {')}}`]);
}

function wordProblems({ vaults, daemon }: Config): Found[] {
  const unused = Object.entries(vaults).flatMap(([name, { prune }]): Found[] => {
    const isKnown =
      prune === undefined || /^(?:unlimited|\d+(?:\.\d+)?(?:%| ?[KMGT]?(?:i?B)?))$/i.test(prune.maxUnused);
    return isKnown ? [] : [[['vaults', name, 'prune', 'maxUnused'], 'expected such as 5%, 10G or unlimited']];
  });
  const { listen } = daemon;
  const port =
    listen === undefined ? 1 : Number(/^(?:\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(listen)?.[1] ?? Number.NaN);
  const isAddress = port >= 1 && port <= 65_535;
  return isAddress
    ? unused
    : [...unused, [['daemon', 'listen'], 'expected an address and a port, such as 127.0.0.1:9419']];
}

interface Reference {
  path: Path;
  /** In messages: `vault`. */
  what: string;
  known: object;
  /** Where those stand. */
  group: Path;
}

function missing(name: string, { path, what, known, group }: Reference): Found[] {
  if (Object.hasOwn(known, name)) return [];
  const names = Object.keys(known);
  const [near] = nearest(name, names);
  const hint =
    near === undefined
      ? names.length === 0
        ? '; there is none'
        : `; there are ${names.slice(0, 8).join(', ')}`
      : `; did you mean '${near}'?`;
  return [[path, `no ${what} is called '${name}'${hint}`, group]];
}

/** From what was found on each node to what the checks look at. */
import { heartbeat, type Place } from '../../cluster.ts';
import { devicePath, isSharedMount, plainPath } from '../claims.ts';
import type { Configuration, Facts, Found, LintNode } from './model.ts';

export function factsOf(nodes: readonly LintNode[]): Facts {
  const readable = nodes.filter(({ haCf }) => haCf.kind === 'read');
  const sets = Map.groupBy(readable, contentOf);
  return { nodes, configurations: [...sets.values()].map(configurationOf) };
}

/** The top of a file, where there is no better place. */
export function topOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

/** Where the last `name` stands, or the top of the file. */
export function placeOf({ cf }: Configuration, ...names: string[]): Place {
  return heartbeat.directivesOf(cf).findLast(({ name }) => names.includes(name))?.place ?? topOf(cf.file);
}

export interface Mount {
  device: string;
  directory: string | undefined;
  type: string | undefined;
  options: string | undefined;
  resource: heartbeat.HaResource;
  group: heartbeat.HaGroup;
}

export function mountsOf(groups: readonly heartbeat.HaGroup[]): Mount[] {
  return groups.flatMap((group) =>
    group.resources.flatMap((resource) => {
      const [device, directory, type, options] = resource.params;
      if (resource.script !== 'Filesystem' || device === undefined) return [];
      const mount = { device: devicePath(device), directory: directory && plainPath(directory), type, options };
      return [{ ...mount, resource, group }];
    }),
  );
}

/** Of devices that one node has at a time, and that can be looked at. */
export function ownMountsOf(groups: readonly heartbeat.HaGroup[]): Mount[] {
  return mountsOf(groups).filter((mount) => mount.device.startsWith('/') && !isSharedMount(mount));
}

export interface RaidArray {
  device: string;
  resource: heartbeat.HaResource;
  group: heartbeat.HaGroup;
}

/** Software RAID that a group assembles: `Raid1::CONFIGURATION::DEVICE`, or the device alone. */
export function arraysOf(groups: readonly heartbeat.HaGroup[]): RaidArray[] {
  return groups.flatMap((group) =>
    group.resources.flatMap((resource) => {
      const device = resource.params.at(-1);
      return resource.script === 'Raid1' && device !== undefined
        ? [{ device: plainPath(device), resource, group }]
        : [];
    }),
  );
}

function contentOf({ haCf, haresources, authkeys }: LintNode): string {
  const keys = authkeys.kind === 'read' ? heartbeat.formatAuthkeys(authkeys.content) : authkeys.kind;
  return JSON.stringify([textOf(haCf), textOf(haresources), keys]);
}

function textOf(found: Found<string>): string {
  return found.kind === 'read' ? `=${found.content}` : found.kind;
}

function configurationOf(nodes: readonly LintNode[]): Configuration {
  const { haCf, haresources: resourceFile, authkeys } = nodes[0]!;
  const cf = heartbeat.parseHaCf(haCf.kind === 'read' ? haCf.content : '', haCf.path);
  const settings = heartbeat.settingsOf(cf);
  const haresources =
    resourceFile.kind === 'read' ? heartbeat.parseHaresources(resourceFile.content, resourceFile.path) : undefined;
  const isManaged = settings.crm !== undefined && settings.crm !== 'off';
  return {
    path: haCf.path,
    cf,
    settings,
    haresources,
    groups: isManaged ? [] : (haresources?.groups ?? []),
    authkeys: authkeys.kind === 'read' ? authkeys.content : undefined,
    nodes,
  };
}

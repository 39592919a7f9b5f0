/** Devices of STONITH plugins in a CIB: the agents of today that stand in for them. */
import { type cib, type Place, stonith } from '../../cluster.ts';
import { fencePrimitive } from './documents.ts';
import { partsOf } from './fencing.ts';
import type { Notebook } from './model.ts';

/** Gathers what came of the devices one after the other. */
export interface FencingConversion {
  /** Of the old cluster. */
  nodes: readonly string[];
  devices: stonith.FenceDevice[];
  /** Which node may not use which device. */
  constraints: cib.PlainConstraint[];
}

export function newFencingConversion({ nodes }: cib.Cib): FencingConversion {
  return { nodes: nodes.map(({ name }) => name), devices: [], constraints: [] };
}

export interface OldDevice {
  id: string;
  plugin: string;
  params: Readonly<Record<string, string>>;
  place: Place;
  /** Meta attributes and operations as they are taken over. */
  rest: Pick<cib.PlainPrimitive, 'meta' | 'operations'>;
}

/** @returns undefined when nothing does the same, which is then among the unmapped */
export function convertFencing(
  { id, plugin, params, place, rest }: OldDevice,
  { into, notebook }: { into: FencingConversion; notebook: Notebook },
): cib.PlainPrimitive | undefined {
  if (into.nodes.length === 0) {
    const why = `STONITH by the plugin ${plugin}: which nodes it shoots is not known, as the configuration names none`;
    notebook.unmapped.push({ what: id, place, why, instead: 'import the cib.xml of a node that was in the cluster' });
    return undefined;
  }
  const line: stonith.NamedStonith = { from: '*', plugin, named: params, place };
  const found = stonith.fenceDevicesOf([line], into.nodes);
  for (const { why, instead } of found.unmapped)
    notebook.unmapped.push({ what: id, place, why: `STONITH by the plugin ${plugin}: it ${why}`, instead });
  const [made] = found.devices;
  if (made === undefined) return undefined;
  const device = { ...made, id };
  const { fencing, constraints } = partsOf([device], { nodes: into.nodes, notebook });
  into.devices.push(device);
  into.constraints.push(...constraints);
  const primitive = fencePrimitive(fencing[0]!);
  const given = new Set(rest.operations?.map(({ name }) => name));
  const operations = [...primitive.operations!.filter(({ name }) => !given.has(name)), ...(rest.operations ?? [])];
  return { ...primitive, ...rest, operations };
}

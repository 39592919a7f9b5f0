/** A CIB that is being checked, and what its checks ask of it. */
import { OPERATION_MS } from '../../base/cluster-limits.ts';
import { cib, type Finding, fencing, pacemaker } from '../../cluster.ts';
import { topOf } from './facts.ts';
import type { DeviceSight, Remark } from './model.ts';

export interface CibSight {
  nowMs: number;
  /** Names of the nodes by corosync.conf; those of the CIB where it is not known. */
  members?: readonly string[] | undefined;
  /** By path; what is not in it was not looked at. */
  devices?: ReadonlyMap<string, DeviceSight>;
}

/** A CIB being checked. */
export interface CheckedCib {
  cib: cib.Cib;
  fencing: fencing.Fencing;
  part: ReturnType<typeof pacemaker.readConfiguration>;
  sight: CibSight;
  /** Where the element with that id begins; else the top. */
  placeOf(id: string): Finding['place'];
}

export type CibRemark = Remark & Pick<Finding, 'code'>;

export function openCib(document: cib.XmlDocument, sight: CibSight): CheckedCib {
  const view = cib.withTemplates(cib.readCib(document));
  const places = new Map<string, cib.XmlElement>();
  for (const configuration of cib.elementsOf(cib.rootOf(document), 'configuration'))
    for (const each of cib.everyElement(configuration)) {
      const id = each.attributes.get('id');
      if (id !== undefined && !places.has(id)) places.set(id, each);
    }
  const placeOf = (id: string): Finding['place'] => {
    const found = places.get(id);
    return found === undefined ? topOf(document.file) : cib.placeOfElement(document, found);
  };
  const part = pacemaker.readConfiguration(document.text, document.file);
  return { cib: view, fencing: fencing.fencingOf(view), part, sight, placeOf };
}

/** Members of the cluster; empty where neither corosync.conf nor the CIB says. */
export function membersOf({ cib: view, sight }: CheckedCib): readonly string[] {
  return sight.members ?? view.nodes.filter(({ type }) => type !== 'remote' && type !== 'ping').map(({ name }) => name);
}

/** Whether it manages anything but fence devices. */
export function hasServices({ cib: view }: CheckedCib): boolean {
  return [...cib.everyResource(view.resources)].some(
    (each) => each.kind === 'primitive' && each.agent?.standard !== 'stonith',
  );
}

/** Milliseconds that the cluster gives an operation; undefined where rules decide. */
export function timeoutOf({ cib: view }: CheckedCib, id: string, name: string): number | undefined {
  const primitive = [...cib.everyResource(view.resources)].find((each) => each.kind === 'primitive' && each.id === id);
  if (primitive?.kind !== 'primitive') return undefined;
  const own = primitive.operations.find((each) => each.name === name)?.timeoutMs;
  if (own !== undefined) return own;
  if (view.operationDefaults.some(({ rule }) => rule !== undefined)) return undefined;
  return cib.durationMs(cib.valueIn(view.operationDefaults, 'timeout') ?? '') ?? OPERATION_MS;
}

/** Where a property of the cluster is set; the top where it is not. */
export function placeOfProperty({ cib: view, placeOf }: CheckedCib, name: string): Finding['place'] {
  const values = view.properties.filter(({ rule }) => rule === undefined).flatMap((set) => set.values);
  return placeOf(values.find((each) => each.name === name)?.element.attributes.get('id') ?? '');
}

/** A CIB as it is when failures are forgotten: for trying out what comes of it. */
import { cib } from '../../cluster.ts';

/**
 * What `crm_resource --cleanup` takes out of the status: fail counts, and operations that failed. Where the last thing that
 * is known of a resource on a node is a failure, all of it goes, so that the scheduler looks for it anew.
 * @param resource with everything in it; all when undefined
 * @param node only there; everywhere when undefined
 */
export function forgetFailures(
  document: cib.XmlDocument,
  { resource, node }: { resource: string | undefined; node: string | undefined },
): cib.XmlDocument {
  const after = cib.parseXml(cib.formatXml(document), document.file);
  const ids = resource === undefined ? undefined : primitivesIn(after, resource);
  const isMeant = (id: string | undefined): boolean =>
    id !== undefined && (ids === undefined || ids.has(id.replace(/:\d+$/, '')));
  const { nodeStates, nodes } = cib.readCib(after);
  for (const { id, name, history, attributes, element } of nodeStates) {
    const own = name ?? nodes.find((each) => each.id === id)?.name;
    if (node !== undefined && own !== node) continue;
    const counts = attributes.flatMap(({ values }) => values.filter((value) => isMeant(countedIn(value.name))));
    const gone: ReadonlySet<unknown> = new Set([
      ...history.filter((entry) => isMeant(entry.id)).flatMap(failuresOf),
      ...counts.map((value) => value.element),
    ]);
    for (const parent of cib.everyElement(element))
      parent.children.splice(0, Number.POSITIVE_INFINITY, ...parent.children.filter((child) => !gone.has(child)));
  }
  return after;
}

function failuresOf({ operations, element }: cib.Cib['nodeStates'][number]['history'][number]): cib.XmlElement[] {
  const last = operations.find(({ id }) => id.endsWith('_last_0'));
  if (last !== undefined && isFailure(last)) return [element];
  return operations.filter(({ id }) => id.includes('_last_failure_')).map((operation) => operation.element);
}

/** `fail-count-ost1#monitor_10000` counts for `ost1`. */
function countedIn(name: string): string | undefined {
  return /^(?:fail-count|last-failure)-(.+?)(?:#.*)?$/.exec(name)?.[1];
}

/** Of a probe 7 is that it does not run there, which is no failure (OCF, "Return codes"). */
function isFailure({ operation, returnCode }: { operation: string; returnCode: number | undefined }): boolean {
  return returnCode !== undefined && returnCode !== 0 && !(operation === 'monitor' && returnCode === 7);
}

function primitivesIn(document: cib.XmlDocument, id: string): Set<string> {
  const own = [...cib.everyElement(cib.rootOf(document))].find(
    (each) =>
      ['primitive', 'group', 'clone', 'master', 'bundle'].includes(each.name) && each.attributes.get('id') === id,
  );
  const all = own === undefined ? [] : [...cib.everyElement(own)].filter(({ name }) => name === 'primitive');
  return new Set(all.flatMap(({ attributes }) => attributes.get('id') ?? []));
}

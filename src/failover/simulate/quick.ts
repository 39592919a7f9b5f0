/**
 * A CIB as it is put to the scheduler hundreds of times: the same to it, with less to read. crm_simulate copies the whole
 * CIB for every action that it plays, so what is in it is paid for again and again.
 */
import { hasCode } from '../../base/errors.ts';
import { cib, type simulator } from '../../cluster.ts';

/** What pacemaker-schedulerd(7) calls it. */
const PROBES = 'enable-startup-probes';
/** OCF_NOT_RUNNING (Resource agent API, return codes). */
const NOT_RUNNING = '7';

/**
 * Without checks against its schema, which it has passed, and without the probes that found nothing, of which there is one
 * for each resource on each node. A scheduler that comes to something else without them gets more, up to the whole.
 */
export async function quickTextOf(
  settled: simulator.SimulatedTransition,
  simulator: simulator.Simulator,
): Promise<string> {
  const shorter = cib.parseXml(settled.cibText, 'cib');
  endProbes(shorter);
  const shorterText = cib.formatXml(shorter);
  const root = cib.rootOf(shorter);
  // Older ones are transformed when they are read, which needs the name of the schema.
  if (!root.attributes.get('validate-with')?.startsWith('pacemaker-3.'))
    return (await isSame(shorterText, settled, simulator)) ? shorterText : settled.cibText;
  cib.setAttribute(root, 'validate-with', 'none');
  for (const text of [cib.formatXml(shorter), shorterText]) if (await isSame(text, settled, simulator)) return text;
  return settled.cibText;
}

async function isSame(
  cibText: string,
  settled: simulator.SimulatedTransition,
  simulator: simulator.Simulator,
): Promise<boolean> {
  try {
    const { after } = await simulator.run({ cibText });
    return JSON.stringify(after) === JSON.stringify(settled.after);
  } catch (error) {
    if (!hasCode(error, 'config', 'cluster-unclear')) throw error;
    return false;
  }
}

/** Nothing is looked for where it was not started, so that it need not be on record that it was not found there. */
export function endProbes(document: cib.XmlDocument): void {
  const config = cib.sectionOf(document, 'configuration', 'crm_config');
  cib.addToCib(document, { properties: { [PROBES]: 'false' } });
  for (const each of cib.everyElement(config))
    if (each.name === 'nvpair' && each.attributes.get('name') === PROBES) cib.setAttribute(each, 'value', 'false');
  for (const list of cib.everyElement(cib.sectionOf(document, 'status')))
    if (list.name === 'lrm_resources') {
      const kept = list.children.filter((child) => child.kind !== 'element' || !isEmptyProbe(child));
      list.children.splice(0, list.children.length, ...kept);
    }
}

/** On record is only that it was looked for and not found. */
function isEmptyProbe(resource: cib.XmlElement): boolean {
  const operations = cib.elementsOf(resource, 'lrm_rsc_op');
  return (
    operations.length > 0 &&
    operations.every(
      ({ attributes }) =>
        attributes.get('operation') === 'monitor' &&
        attributes.get('interval') === '0' &&
        attributes.get('op-status') === '0' &&
        attributes.get('rc-code') === NOT_RUNNING,
    )
  );
}

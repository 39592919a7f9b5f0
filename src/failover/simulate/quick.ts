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

/**
 * A node that is taken to be up, with nothing on it. Fence devices are on record as not found, as a probe would have left it.
 * @param view of the same document
 */
export function nodeState({ id, name }: cib.CibNode, view: cib.Cib): cib.XmlElement {
  const records = [...cib.everyResource(view.resources)].flatMap((each) => {
    if (each.kind !== 'primitive' || each.agent?.standard !== 'stonith') return [];
    return [cib.element('lrm_resource', { id: each.id, class: 'stonith', type: each.agent.type }, [probeOf(each.id)])];
  });
  const history = cib.element('lrm', { id }, [cib.element('lrm_resources', {}, records)]);
  const state = { id, uname: name, in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' };
  return cib.element('node_state', state, [history]);
}

/** As crm_simulate itself writes them. */
function probeOf(id: string): cib.XmlElement {
  const key = `1:-1:${NOT_RUNNING}:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`;
  return cib.element('lrm_rsc_op', {
    id: `${id}_last_0`,
    operation_key: `${id}_monitor_0`,
    operation: 'monitor',
    'crm-debug-origin': 'crm_simulate',
    crm_feature_set: cib.FEATURE_SET,
    'transition-key': key,
    'transition-magic': `0:${NOT_RUNNING};${key}`,
    'call-id': '1',
    'rc-code': NOT_RUNNING,
    'op-status': '0',
    interval: '0',
  });
}

/**
 * Nothing is looked for where it was not started, so that it need not be on record that it was not found there. On record it
 * stays for fence devices, which start without fencing: they would wait for the fencing of a node of which this is not known.
 * Where the configuration says what else may start so (`requires`), everything stays.
 */
export function endProbes(document: cib.XmlDocument): void {
  for (const { name, attributes } of cib.everyElement(cib.sectionOf(document, 'configuration')))
    if (name === 'nvpair' && attributes.get('name') === 'requires') return;
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

/** On record is only that it was looked for and not found; and it is no fence device. */
function isEmptyProbe(resource: cib.XmlElement): boolean {
  if (resource.attributes.get('class') === 'stonith') return false;
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

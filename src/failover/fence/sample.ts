/** A view of two nodes with a device each, for tests: all well unless said otherwise. */
import { cib, fencing, type live } from '../../cluster.ts';
import { simulated } from '../../host.ts';
import { sampleNode, sampleState } from '../sample-state.ts';
import type { FencingView } from './read.ts';

const DEVICE = (node: string, more = ''): string =>
  `<primitive id="fence-${node}" class="stonith" type="fence_ipmilan"><instance_attributes id="${node}-a"><nvpair id="${node}-l" name="pcmk_host_list" value="${node}"/>${more}</instance_attributes></primitive>`;

export interface SampleView {
  /** Elements of `crm_config`. */
  properties?: string;
  /** Elements beside the two devices. */
  resources?: string;
  /** Elements of `fencing-topology`. */
  topology?: string;
  nodes?: readonly live.NodeState[];
  state?: Partial<live.ClusterState>;
  history?: readonly live.FencingEvent[];
  nowMs?: number;
}

export function sampleView(given: SampleView = {}): FencingView {
  const {
    properties = '',
    resources = '',
    topology = '',
    nodes = [sampleNode('n1'), sampleNode('n2')],
    history = [],
    nowMs = 0,
  } = given;
  const text = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config>${properties}</crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>${DEVICE('n1')}${DEVICE('n2')}${resources}</resources><constraints/><fencing-topology>${topology}</fencing-topology></configuration><status/></cib>`;
  const view = cib.readCib(cib.parseXml(text, 'sample.xml'));
  return {
    seat: { name: 'n1', processes: simulated.scriptedProcesses(() => undefined) },
    node: 'n1',
    state: sampleState({ nodes, fencing: history, ...given.state }),
    cibText: text,
    cib: view,
    fencing: fencing.fencingOf(view),
    setting: fencing.fencingSetting(view, nowMs),
    history,
  };
}

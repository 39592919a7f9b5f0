/** What an agent tells of itself: the XML of the FenceAgentAPI of ClusterLabs. */
import { isSecretName } from '../cib/values.ts';
import { childOf, childrenOf, type Element, readMachineXml, unclear } from '../pacemaker/machine-xml.ts';

export interface AgentMetadata {
  name: string;
  short: string;
  parameters: readonly AgentParameter[];
  /** `on`, `off`, `reboot`, `status`, `list`, `monitor`, … */
  actions: readonly string[];
}

export interface AgentParameter {
  name: string;
  text: string;
  type: string;
  fallback: string | undefined;
  isRequired: boolean;
  isSecret: boolean;
}

/** @throws {AppError} `cluster-unclear` */
export function readAgentMetadata(text: string, program: string): AgentMetadata {
  const begin = text.indexOf('<resource-agent');
  const end = text.lastIndexOf('</resource-agent>');
  if (begin < 0 || end < begin) throw unclear(program, 'printed no metadata');
  const root = readMachineXml(text.slice(begin, end + '</resource-agent>'.length), program);
  return {
    name: root.attributes['name'] ?? '',
    short: root.attributes['shortdesc'] ?? childOf(root, 'shortdesc')?.text.trim() ?? '',
    parameters: childrenOf(childOf(root, 'parameters'), 'parameter').map(parameterOf),
    actions: childrenOf(childOf(root, 'actions'), 'action').flatMap(({ attributes: { name } }) => name ?? []),
  };
}

function parameterOf(element: Element): AgentParameter {
  const { name = '', required } = element.attributes;
  const content = childOf(element, 'content')?.attributes ?? {};
  return {
    name,
    text: (childOf(element, 'shortdesc') ?? childOf(element, 'longdesc'))?.text.replace(/\s+/g, ' ').trim() ?? '',
    type: content['type'] ?? '',
    fallback: content['default'],
    isRequired: required === '1' || required === 'true',
    isSecret: isSecretName(name),
  };
}

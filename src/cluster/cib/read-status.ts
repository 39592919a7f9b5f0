/** The status section of a CIB: nodes as the cluster saw them, and what operations came to. */
import type { HistoryEntry, NodeState, ResourceHistory } from './model.ts';
import { attributeOf, numberOf, setsOf, type View } from './read-parts.ts';
import { parseBoolean } from './values.ts';
import { elementsOf, type XmlElement } from './xml.ts';

export function readNodeState(view: View, element: XmlElement): NodeState {
  const lists = elementsOf(element, 'lrm').flatMap((lrm) => elementsOf(lrm, 'lrm_resources'));
  return {
    id: attributeOf(element, 'id') ?? '',
    name: attributeOf(element, 'uname'),
    isMember: presence(attributeOf(element, 'in_ccm')),
    isController: presence(attributeOf(element, 'crmd')),
    join: attributeOf(element, 'join'),
    expected: attributeOf(element, 'expected'),
    isRemote: parseBoolean(attributeOf(element, 'remote_node') ?? '') === true,
    attributes: elementsOf(element, 'transient_attributes').flatMap((each) =>
      setsOf(view, each, 'instance_attributes'),
    ),
    history: lists.flatMap((list) => elementsOf(list, 'lrm_resource')).map(readHistory),
    element,
  };
}

/** Pacemaker 2.1.7 and later say since when, in seconds since 1970, and 0 for not at all; earlier ones just whether. */
function presence(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return text !== '0';
  return text === 'online' ? true : text === 'offline' ? false : parseBoolean(text);
}

function readHistory(element: XmlElement): ResourceHistory {
  const [standard, type] = [attributeOf(element, 'class'), attributeOf(element, 'type')];
  return {
    id: attributeOf(element, 'id') ?? '',
    agent: {
      provider: attributeOf(element, 'provider'),
      ...(standard === undefined ? {} : { standard }),
      ...(type === undefined ? {} : { type }),
    },
    operations: elementsOf(element, 'lrm_rsc_op').map(readEntry),
    element,
  };
}

function readEntry(element: XmlElement): HistoryEntry {
  const reason = attributeOf(element, 'exit-reason');
  return {
    id: attributeOf(element, 'id') ?? '',
    operation: attributeOf(element, 'operation') ?? '',
    intervalMs: numberOf(element, 'interval') ?? 0,
    callId: numberOf(element, 'call-id') ?? numberOf(element, 'call_id'),
    returnCode: numberOf(element, 'rc-code') ?? numberOf(element, 'rc_code'),
    status: numberOf(element, 'op-status') ?? numberOf(element, 'op_status'),
    exitReason: reason === '' ? undefined : reason,
    changedS: numberOf(element, 'last-rc-change'),
    ranMs: numberOf(element, 'exec-time'),
    element,
  };
}

/** The typed view of a CIB. */
import { AppError } from '../../base/errors.ts';
import type { Acl, Alert, Cib, CibNode, CibVersion, FencingLevel } from './model.ts';
import { readConstraint } from './read-constraints.ts';
import { attributeOf, numberOf, setsOf, type View, viewOf } from './read-parts.ts';
import { readResource, readTemplate } from './read-resources.ts';
import { readNodeState } from './read-status.ts';
import { parseBoolean } from './values.ts';
import { childOf, elementsOf, rootOf, type XmlDocument, type XmlElement } from './xml.ts';
import { placeAt } from './xml-reader.ts';

/** The newest schema this program knows. */
const NEWEST = [3, 10] as const;
/** Names that are no versions: no schema at all, the one under development, and Heartbeat's between two. */
const OTHER_SCHEMAS = new Set(['none', 'pacemaker-next', 'transitional-0.6']);
const CONSTRAINTS = ['rsc_location', 'rsc_colocation', 'rsc_order', 'rsc_ticket'];
const RESOURCES = ['primitive', 'group', 'clone', 'master', 'master_slave', 'bundle'];

/**
 * @throws {AppError} `config` when this is no CIB, or one of a schema that is not known: what it says cannot be told then,
 *   but the document can still be read, changed and written
 */
export function readCib(document: XmlDocument): Cib {
  const root = expectCib(document);
  const configuration = childOf(root, 'configuration');
  if (configuration === undefined) throw notACib(document, 'there is no <configuration> in it');
  const validateWith = attributeOf(root, 'validate-with');
  expectKnown(document, validateWith);
  const view = viewOf(root);
  const section = (name: string): XmlElement[] => elementsOf(configuration, name);
  const sets = (name: string, set: string): ReturnType<typeof setsOf> =>
    section(name).flatMap((each) => setsOf(view, each, set));
  const children = (name: string, ...names: string[]): XmlElement[] =>
    section(name).flatMap((each) => elementsOf(each, ...names));
  return {
    ...epochOf(document),
    validateWith,
    featureSet: attributeOf(root, 'crm_feature_set'),
    hasQuorum: parseBoolean(attributeOf(root, 'have-quorum') ?? attributeOf(root, 'have_quorum') ?? ''),
    dc: attributeOf(root, 'dc-uuid') ?? attributeOf(root, 'dc_uuid'),
    lastWritten: attributeOf(root, 'cib-last-written'),
    properties: sets('crm_config', 'cluster_property_set'),
    resourceDefaults: sets('rsc_defaults', 'meta_attributes'),
    operationDefaults: sets('op_defaults', 'meta_attributes'),
    nodes: children('nodes', 'node').map((each) => readNode(view, each)),
    resources: children('resources', ...RESOURCES).map((each) => readResource(view, each)),
    templates: children('resources', 'template').map((each) => readTemplate(view, each)),
    constraints: children('constraints', ...CONSTRAINTS).map((each) => readConstraint(view, each)),
    fencingLevels: children('fencing-topology', 'fencing-level').map(readLevel),
    tags: children('tags', 'tag').map((tag) => ({
      id: idOf(tag),
      members: elementsOf(tag, 'obj_ref').map(idOf),
      element: tag,
    })),
    alerts: children('alerts', 'alert').map((each) => readAlert(view, each)),
    acls: children('acls', 'acl_target', 'acl_user', 'acl_group', 'acl_role').map(readAcl),
    nodeStates: elementsOf(root, 'status').flatMap((status) =>
      elementsOf(status, 'node_state').map((each) => readNodeState(view, each)),
    ),
  };
}

/**
 * Which CIB this is, whatever its schema.
 * @throws {AppError} `config` when it is no CIB
 */
export function epochOf(document: XmlDocument): CibVersion {
  const root = expectCib(document);
  const [adminEpoch, epoch, numUpdates] = ['admin_epoch', 'epoch', 'num_updates'].map(
    (name) => numberOf(root, name) ?? 0,
  );
  return { adminEpoch: adminEpoch!, epoch: epoch!, numUpdates: numUpdates! };
}

/** Less than, equal to or greater than zero as `a` is older, the same or newer. */
export function compareVersions(a: CibVersion, b: CibVersion): number {
  return a.adminEpoch - b.adminEpoch || a.epoch - b.epoch || a.numUpdates - b.numUpdates;
}

export function isSchemaKnown(validateWith: string | undefined): boolean {
  if (validateWith === undefined || OTHER_SCHEMAS.has(validateWith)) return true;
  const [, major, minor] = /^pacemaker-(\d+)\.(\d+)$/.exec(validateWith) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) < NEWEST[0] || (Number(major) === NEWEST[0] && Number(minor) <= NEWEST[1]);
}

function expectCib(document: XmlDocument): XmlElement {
  const root = rootOf(document);
  if (root.name !== 'cib') throw notACib(document, `it begins with <${root.name}>`);
  return root;
}

function expectKnown(document: XmlDocument, validateWith: string | undefined): void {
  if (isSchemaKnown(validateWith)) return;
  throw new AppError('config', {
    detail: `${placeText(document)}: the CIB is of the schema ${validateWith}, which is not known here; known are all up to pacemaker-${NEWEST.join('.')}`,
    hint: 'Use a newer Holdfast for this cluster. Until then use the tools of Pacemaker on it; nothing was changed.',
  });
}

function notACib(document: XmlDocument, why: string): AppError {
  const hint = 'Give a file that cibadmin --query wrote.';
  return new AppError('config', { detail: `${placeText(document)}: this is no CIB: ${why}`, hint });
}

function placeText(document: XmlDocument): string {
  const { line, column } = placeAt(document.text, rootOf(document).offset ?? 0, document.file);
  return `${document.file}:${line}:${column}`;
}

function readNode(view: View, element: XmlElement): CibNode {
  const id = idOf(element);
  return {
    id,
    name: attributeOf(element, 'uname') ?? id,
    type: attributeOf(element, 'type') ?? 'member',
    attributes: setsOf(view, element, 'instance_attributes'),
    utilization: setsOf(view, element, 'utilization'),
    element,
  };
}

function readLevel(element: XmlElement): FencingLevel {
  const pattern = attributeOf(element, 'target-pattern');
  const attribute = attributeOf(element, 'target-attribute');
  return {
    id: idOf(element),
    target:
      pattern !== undefined
        ? { kind: 'pattern', pattern }
        : attribute !== undefined
          ? { kind: 'attribute', name: attribute, value: attributeOf(element, 'target-value') ?? '' }
          : { kind: 'node', name: attributeOf(element, 'target') ?? '' },
    index: numberOf(element, 'index') ?? 0,
    devices: (attributeOf(element, 'devices') ?? '').split(',').filter((device) => device !== ''),
    element,
  };
}

function readAlert(view: View, element: XmlElement): Alert {
  return {
    id: idOf(element),
    path: attributeOf(element, 'path') ?? '',
    recipients: elementsOf(element, 'recipient').map((each) => ({
      id: idOf(each),
      value: attributeOf(each, 'value') ?? '',
    })),
    params: setsOf(view, element, 'instance_attributes'),
    meta: setsOf(view, element, 'meta_attributes'),
    element,
  };
}

function readAcl(element: XmlElement): Acl {
  const kind = element.name === 'acl_role' ? 'role' : element.name === 'acl_group' ? 'group' : 'target';
  return { kind, id: idOf(element), roles: elementsOf(element, 'role', 'role_ref').map(idOf), element };
}

function idOf(element: XmlElement): string {
  return attributeOf(element, 'id') ?? '';
}

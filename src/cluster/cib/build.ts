/** From plain values to the elements of a CIB, in Pacemaker's schemas of version 3 (pacemaker-3.0 and later read them). */
import { AppError } from '../../base/errors.ts';
import { constraintElement } from './build-constraints.ts';
import { type Ids, idsOf } from './ids.ts';
import type {
  PlainCib,
  PlainClone,
  PlainFencingLevel,
  PlainGroup,
  PlainNode,
  PlainOperation,
  PlainPrimitive,
  PlainResource,
} from './plain.ts';
import { durationMs, formatAgent, parseAgent } from './values.ts';
import { insertElement, newDocument, sectionOf } from './write.ts';
import { element, elementsOf, type XmlDocument, type XmlElement } from './xml.ts';
import { escapeAttribute } from './xml-text.ts';

type Values = Readonly<Record<string, string>>;

/** What Pacemaker 2.0.0 and every later one reads. */
const VALIDATE_WITH = 'pacemaker-3.0';

/**
 * What the schedulers of Pacemaker 2.0.0 and later go by: no newer than that of a cluster which is to take it, or it refuses.
 * Without one they look for counts of failures under names that nobody has used since Pacemaker 1.1.17.
 */
export const FEATURE_SET = '3.1.0';

export interface NewCib {
  /** Name of the file, for messages. */
  file: string;
  /** At least pacemaker-3.0, which every Pacemaker since 2.0.0 reads. */
  validateWith?: string;
  /** 1 when left out, so that it is newer than the empty CIB of a fresh cluster. */
  epoch?: number;
  adminEpoch?: number;
}

/**
 * A whole CIB.
 * @throws {AppError} `config` when an id is not valid or there twice, a name is missing, or a value cannot be written
 */
export function buildCib(plain: PlainCib, { file, validateWith, epoch = 1, adminEpoch = 0 }: NewCib): XmlDocument {
  const empty = ['crm_config', 'nodes', 'resources', 'constraints'].map((name) => element(name, {}));
  const versions = { crm_feature_set: FEATURE_SET, admin_epoch: `${adminEpoch}`, epoch: `${epoch}`, num_updates: '0' };
  const root = element('cib', { 'validate-with': validateWith ?? VALIDATE_WITH, ...versions }, [
    element('configuration', {}, empty),
    element('status', {}),
  ]);
  const document = newDocument(root, file);
  addToCib(document, plain);
  return document;
}

/**
 * Adds to a CIB; what is there stays. Properties and defaults go into the first set without rule, where they replace
 * values of the same name.
 * @throws {AppError} `config` as `buildCib`, before anything was changed
 */
export function addToCib(document: XmlDocument, plain: PlainCib): void {
  const ids = idsOf(document);
  const topology = plain.fencingLevels ?? [];
  const parts: [section: string, elements: XmlElement[]][] = [
    ['nodes', (plain.nodes ?? []).map((node) => nodeElement(node, ids))],
    ['resources', (plain.resources ?? []).map((resource) => resourceElement(resource, ids))],
    ['constraints', (plain.constraints ?? []).map((constraint) => constraintElement(constraint, ids))],
    ['fencing-topology', topology.map((level) => fencingLevelElement(level, ids))],
  ];
  for (const values of [plain.properties, plain.resourceDefaults, plain.operationDefaults]) expectValues(values);
  setValues(document, { path: ['crm_config', 'cluster_property_set'], id: 'cib-bootstrap-options' }, plain.properties);
  for (const [section, elements] of parts) {
    if (elements.length === 0) continue;
    const parent = sectionOf(document, 'configuration', section);
    for (const child of elements) insertElement(document, parent, { child });
  }
  setValues(document, { path: ['rsc_defaults', 'meta_attributes'], id: 'rsc-options' }, plain.resourceDefaults);
  setValues(document, { path: ['op_defaults', 'meta_attributes'], id: 'op-options' }, plain.operationDefaults);
}

/** Sets values in the first set without rule at `path` in the configuration, which is made where there is none. */
export function setValues(
  document: XmlDocument,
  { path: [section, name], id }: { path: [section: string, name: string]; id: string },
  values: Values | undefined,
): void {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return;
  const ids = idsOf(document);
  const parent = sectionOf(document, 'configuration', section);
  const set =
    elementsOf(parent, name).find((each) => elementsOf(each, 'rule').length === 0 && !each.attributes.has('id-ref')) ??
    insertElement(document, parent, { child: element(name, { id: ids.derive(id) }) });
  for (const [key, value] of entries) {
    const old = elementsOf(set, 'nvpair').find((pair) => pair.attributes.get('name') === key);
    if (old === undefined)
      insertElement(document, set, { child: pairElement(set.attributes.get('id') ?? id, [key, value], ids) });
    else old.attributes.set('value', value);
  }
}

export function resourceElement(resource: PlainResource, ids: Ids): XmlElement {
  if (resource.kind === 'primitive') return primitiveElement(resource, ids);
  return resource.kind === 'group' ? groupElement(resource, ids) : cloneElement(resource, ids);
}

function primitiveElement(
  { id, agent, description, params, meta, operations = [] }: PlainPrimitive,
  ids: Ids,
): XmlElement {
  const { standard, provider, type } = expectAgent(agent, id);
  const own = ids.take(id);
  const attributes = {
    id: own,
    class: standard,
    ...(provider === undefined ? {} : { provider }),
    type,
    ...(description === undefined ? {} : { description }),
  };
  return element('primitive', attributes, [
    ...setElement('instance_attributes', { owner: own, values: params }, ids),
    ...setElement('meta_attributes', { owner: own, values: meta }, ids),
    ...operationsElement(operations, { owner: own, ids }),
  ]);
}

function groupElement({ id, members, description, meta }: PlainGroup, ids: Ids): XmlElement {
  if (members.length === 0)
    throw new AppError('config', { detail: `the group ${id} has no members`, hint: 'Give it one.' });
  const own = ids.take(id);
  return element('group', { id: own, ...(description === undefined ? {} : { description }) }, [
    ...setElement('meta_attributes', { owner: own, values: meta }, ids),
    ...members.map((member) => primitiveElement(member, ids)),
  ]);
}

function cloneElement({ id, member, meta }: PlainClone, ids: Ids): XmlElement {
  const own = ids.take(id);
  const children = setElement('meta_attributes', { owner: own, values: meta }, ids);
  return element('clone', { id: own }, [...children, resourceElement(member, ids)]);
}

function operationsElement(
  operations: readonly PlainOperation[],
  { owner, ids }: { owner: string; ids: Ids },
): XmlElement[] {
  if (operations.length === 0) return [];
  expectOnce(operations, owner);
  const children = operations.map(({ name, interval = '0s', timeout, onFail, role, params }) => {
    const id = ids.derive([owner, name, 'interval', interval, ...(role === undefined ? [] : [role])].join('-'));
    const attributes = {
      id,
      name,
      interval,
      ...(timeout === undefined ? {} : { timeout }),
      ...(onFail === undefined ? {} : { 'on-fail': onFail }),
      ...(role === undefined ? {} : { role }),
    };
    return element('op', attributes, setElement('instance_attributes', { owner: id, values: params }, ids));
  });
  return [element('operations', {}, children)];
}

/** Pacemaker tells operations apart by name and interval, not by role. */
function expectOnce(operations: readonly PlainOperation[], owner: string): void {
  const seen = new Set<string>();
  for (const { name, interval = '0s' } of operations) {
    const key = `${name} ${durationMs(interval) ?? interval}`;
    if (seen.has(key))
      throw new AppError('config', {
        detail: `${owner} has the operation ${name} twice with the interval ${interval}`,
        hint: 'Give one of them another interval, 11s beside 10s for example.',
      });
    seen.add(key);
  }
}

function nodeElement({ id, name, attributes }: PlainNode, ids: Ids): XmlElement {
  const set = setElement('instance_attributes', { owner: `nodes-${id}`, values: attributes }, ids);
  return element('node', { id, uname: name }, set);
}

function fencingLevelElement({ target, index, devices }: PlainFencingLevel, ids: Ids): XmlElement {
  if (!Number.isInteger(index) || index < 1 || index > 9)
    throw new AppError('config', { detail: `the fencing level ${index} of ${target} is not 1 to 9` });
  const wrong = devices.find((device) => !/^[a-zA-Z0-9_.-]+$/.test(device));
  if (devices.length === 0 || wrong !== undefined)
    throw new AppError('config', {
      detail: `the fencing level ${index} of ${target} has ${wrong === undefined ? 'no devices' : `the device ${wrong}`}`,
      hint: 'Name fence devices by ids of letters, digits, _ . and -.',
    });
  const attributes = { target, index: `${index}`, devices: devices.join(',') };
  return element('fencing-level', { id: ids.derive(`fl-${target}-${index}`), ...attributes });
}

function setElement(
  name: string,
  { owner, values }: { owner: string; values: Values | undefined },
  ids: Ids,
): XmlElement[] {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return [];
  expectValues(values);
  const id = ids.derive(`${owner}-${name}`);
  return [
    element(
      name,
      { id },
      entries.map((entry) => pairElement(id, entry, ids)),
    ),
  ];
}

function pairElement(owner: string, [name, value]: [name: string, value: string], ids: Ids): XmlElement {
  return element('nvpair', { id: ids.derive(`${owner}-${name}`), name, value });
}

/** Written once here, so that what cannot be written is found before anything is changed. */
function expectValues(values: Values | undefined): void {
  for (const [name, value] of Object.entries(values ?? {})) {
    if (name === '') throw new AppError('config', { detail: 'a parameter has no name' });
    escapeAttribute(`${name}${value}`, '"');
  }
}

function expectAgent(agent: string, id: string): ReturnType<typeof parseAgent> & object {
  const parsed = parseAgent(agent);
  if (parsed !== undefined) return parsed;
  const hint = `Write it as ${formatAgent({ standard: 'ocf', provider: 'heartbeat', type: 'IPaddr2' })} or stonith:fence_ipmilan.`;
  throw new AppError('config', { detail: `the agent ${JSON.stringify(agent)} of ${id} cannot be understood`, hint });
}

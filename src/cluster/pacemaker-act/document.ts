/** The live CIB as a document, and putting another configuration into its place, if it is still the same CIB. */

import { CIB_REPLACE_ATTEMPTS_MAX, CLUSTER_CHANGE_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type { CibVersion } from '../cib/model.ts';
import { compareVersions, epochOf } from '../cib/read.ts';
import {
  childOf,
  copyOf,
  element,
  elementsOf,
  formatXml,
  parseXml,
  rootOf,
  type XmlDocument,
  type XmlElement,
} from '../cib/xml.ts';
import { askTool, type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import { failureOf, OLD_CIB } from './change.ts';
import { feeding } from './feed.ts';

/** Written by the cluster when a DC takes office. */
const OWN_PROPERTIES = ['dc-version', 'cluster-infrastructure', 'cluster-name', 'have-watchdog', 'last-lrm-refresh'];
/** The set that the cluster writes them into. */
const OWN_SET = 'cib-bootstrap-options';

/** @throws {AppError} as `readPacemaker`; `config` when what it printed is no XML */
export async function readLiveCib(seat: Seat, options: ReadOptions): Promise<XmlDocument> {
  const answer = await askTool(seat, ['cibadmin', '--query'], options);
  const program = `cibadmin --query on ${seat.name}`;
  if (answer.exitCode !== 0) throw failureOf(program, answer.exitCode, saidOf(answer));
  return parseXml(answer.text, program);
}

/**
 * Puts the `configuration` of `wanted` into the place of the live one, if that is still of version `base`. The status
 * section stays the live one, to the update: the cluster takes a whole CIB only when it is not older than its own, and
 * what is sent has the version it was read with, so that whatever came in between is refused (exit code 103 of
 * cibadmin(8)) and looked at again.
 * @param request.atLeast the CIB gets this version where its own is lower, so that what is older than `wanted` and turns up
 * later does not count as newer
 * @throws {AppError} `refused` when the configuration was changed by another meanwhile, or the cluster finds it not
 * valid; else as `changePacemaker`
 */
export async function replaceConfiguration(
  seat: Seat,
  {
    wanted,
    base,
    atLeast,
  }: { wanted: XmlDocument; base: Pick<CibVersion, 'adminEpoch' | 'epoch'>; atLeast?: CibVersion },
  options: ReadOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const live = await readLiveCib(seat, options);
    expectBase(epochOf(live), base);
    const input = Buffer.from(formatXml(raised(withConfiguration(live, wanted), atLeast)));
    const { signal: _, ...rest } = options;
    const call = { timeLimitMs: CLUSTER_CHANGE_MS_MAX, ...rest };
    const answer = await runTool(feeding(seat, input), ['cibadmin', '--replace', '--xml-pipe'], call);
    if (answer.exitCode === 0) return;
    if (answer.exitCode !== OLD_CIB || attempt === CIB_REPLACE_ATTEMPTS_MAX) {
      throw failureOf(`cibadmin --replace on ${seat.name}`, answer.exitCode, saidOf(answer));
    }
  }
}

function expectBase(live: CibVersion, base: Pick<CibVersion, 'adminEpoch' | 'epoch'>): void {
  if (live.adminEpoch === base.adminEpoch && live.epoch === base.epoch) return;
  throw new AppError('refused', {
    detail: `the CIB was changed by another meanwhile: it is ${live.adminEpoch}.${live.epoch}, and was ${base.adminEpoch}.${base.epoch}`,
    hint: 'Look at what differs now, and run the command again. Nothing was changed.',
  });
}

/** The live CIB with another configuration, and that one's schema. What is the cluster's own to write stays where that lacks it. */
function withConfiguration(live: XmlDocument, wanted: XmlDocument): XmlDocument {
  const document = copyOf(live);
  const root = rootOf(document);
  const configuration = childOf(rootOf(copyOf(wanted)), 'configuration');
  const old = elementsOf(root, 'configuration')[0];
  if (configuration === undefined || old === undefined)
    throw new AppError('config', { detail: `${wanted.file}: there is no <configuration> in it` });
  keepOwn(old, configuration);
  root.children.splice(root.children.indexOf(old), 1, configuration);
  const schema = rootOf(wanted).attributes.get('validate-with');
  if (schema !== undefined) root.attributes.set('validate-with', schema);
  return document;
}

function raised(document: XmlDocument, atLeast: CibVersion | undefined): XmlDocument {
  if (atLeast === undefined || compareVersions(epochOf(document), atLeast) >= 0) return document;
  const root = rootOf(document);
  root.attributes.set('admin_epoch', String(atLeast.adminEpoch));
  root.attributes.set('epoch', String(atLeast.epoch));
  root.attributes.set('num_updates', String(atLeast.numUpdates));
  return document;
}

/**
 * Members, with what is set of them, such as a standby, and properties of the cluster's own making. Without its members a
 * CIB has no DC, to all who read it.
 */
function keepOwn(old: XmlElement, configuration: XmlElement): void {
  const nodes = sectionOf(configuration, 'nodes');
  const known = new Set(elementsOf(nodes, 'node').map(({ attributes }) => attributes.get('uname')));
  const members = childOf(old, 'nodes');
  if (members !== undefined)
    nodes.children.push(...elementsOf(members, 'node').filter(({ attributes }) => !known.has(attributes.get('uname'))));
  const set = new Set(propertiesOf(configuration).map(({ attributes }) => attributes.get('name')));
  const properties = propertiesOf(old).filter(({ attributes }) => {
    const name = attributes.get('name') ?? '';
    return OWN_PROPERTIES.includes(name) && !set.has(name);
  });
  if (properties.length > 0) ownSetOf(sectionOf(configuration, 'crm_config')).children.push(...properties);
}

/** Sections stand in this order before all others. */
function sectionOf(configuration: XmlElement, name: 'crm_config' | 'nodes'): XmlElement {
  const found = childOf(configuration, name);
  if (found !== undefined) return found;
  const made = element(name, {});
  const before = childOf(configuration, 'crm_config');
  configuration.children.splice(before === undefined ? 0 : configuration.children.indexOf(before) + 1, 0, made);
  return made;
}

function ownSetOf(section: XmlElement): XmlElement {
  const found = elementsOf(section, 'cluster_property_set').find(({ attributes }) => attributes.get('id') === OWN_SET);
  if (found !== undefined) return found;
  const made = element('cluster_property_set', { id: OWN_SET });
  section.children.push(made);
  return made;
}

function propertiesOf(configuration: XmlElement): XmlElement[] {
  const section = childOf(configuration, 'crm_config');
  const sets = section === undefined ? [] : elementsOf(section, 'cluster_property_set');
  return sets.flatMap((set) => elementsOf(set, 'nvpair'));
}

/**
 * What crm_verify(8) of that machine finds wrong, in lines; none when it is valid.
 * @throws {AppError} `command-missing`, `command-timeout`, and what reaching the machine throws
 */
export async function verifyCib(seat: Seat, document: XmlDocument, options: ReadOptions): Promise<string[]> {
  const input = Buffer.from(formatXml(document));
  const answer = await runTool(feeding(seat, input), ['crm_verify', '--xml-pipe', '--verbose'], options);
  if (answer.exitCode === 0) return [];
  const lines = `${answer.errorText}\n${answer.text}`.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => /error/i.test(line)).map((line) => line.replace(/^\(\S+\)\s*/, ''));
  return said.length === 0 ? [`crm_verify ended with exit code ${answer.exitCode}`] : said.slice(0, 20);
}

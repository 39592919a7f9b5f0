/** What a state needs of the configuration, from `cibadmin --query --scope configuration`. */
import type { Ban, MoveConstraint, SharedFilesystem } from '../state.ts';
import { childrenOf, descendantsOf, type Element, readMachineXml, unclear } from './machine-xml.ts';
import { countOf, INFINITE } from './values.ts';

export interface ConfigurationPart {
  moves: readonly MoveConstraint[];
  bans: readonly Ban[];
  filesystems: readonly SharedFilesystem[];
}

/** @throws {AppError} `cluster-unclear` */
export function readConfiguration(text: string, program = 'cibadmin'): ConfigurationPart {
  const root = readMachineXml(text, program);
  if (root.name !== 'configuration' && root.name !== 'cib')
    throw unclear(program, `printed <${root.name}> instead of the configuration`);
  const locations = descendantsOf(root, 'rsc_location');
  return {
    moves: locations.flatMap(moveOf),
    bans: locations.flatMap(bansOf),
    filesystems: filesystemsOf(root),
  };
}

/** Names that crm_resource gives to what it makes (crm_resource(8): --move, --ban; `cli-standby-` before 1.1.9). */
const MOVE = /^cli-(prefer|ban|standby)-(.+)$/;

function moveOf(element: Element): MoveConstraint[] {
  const { id = '', rsc, node, score } = element.attributes;
  const match = MOVE.exec(id);
  if (match === null) return [];
  const rule = childrenOf(element, 'rule')[0];
  return [
    {
      id,
      resource: rsc ?? match[2]!,
      kind: match[1] === 'prefer' ? 'prefer' : 'ban',
      node: node ?? nodeOfRule(rule),
      score: score ?? rule?.attributes['score'] ?? '',
      until:
        rule && descendantsOf(rule, 'date_expression').find(({ attributes }) => attributes['end'])?.attributes['end'],
    },
  ];
}

function nodeOfRule(rule: Element | undefined): string | undefined {
  const expressions = rule === undefined ? [] : descendantsOf(rule, 'expression');
  const own = expressions.find(({ attributes: a }) => a['attribute'] === '#uname' && a['operation'] === 'eq');
  return own?.attributes['value'];
}

/** Those by plain node and negative score; which nodes a rule keeps off, only the scheduler can tell. */
function bansOf({ attributes: { id = '', rsc, node, score, role } }: Element): Ban[] {
  const value = countOf(score);
  if (rsc === undefined || node === undefined || value === undefined || value >= 0) return [];
  const isPromotedOnly = /^(?:master|promoted)$/i.test(role ?? '');
  return [{ id, resource: rsc, node, score: Math.max(-INFINITE, value), isPromotedOnly }];
}

/** Parameters of agents that mount: `ocf:heartbeat:Filesystem`; `ocf:lustre:Lustre` has `target` and `mountpoint`. */
const MOUNTING: Readonly<Record<string, { device: string; mountpoint: string; kind: string | undefined }>> = {
  'heartbeat:Filesystem': { device: 'device', mountpoint: 'directory', kind: undefined },
  'lustre:Lustre': { device: 'target', mountpoint: 'mountpoint', kind: 'lustre' },
};

function filesystemsOf(root: Element): SharedFilesystem[] {
  const templates = new Map(descendantsOf(root, 'template').map((each) => [each.attributes['id'], each]));
  return descendantsOf(root, 'primitive').flatMap((primitive) => {
    const template = templates.get(primitive.attributes['template']);
    const { provider, type } = template?.attributes ?? primitive.attributes;
    const names = MOUNTING[`${provider}:${type}`];
    if (names === undefined) return [];
    const parameters = new Map([...(template ? parametersOf(template) : []), ...parametersOf(primitive)]);
    // Where a reference to other attributes has it, it is not told here; that there is one must not be lost.
    const device = parameters.get(names.device) ?? '';
    return [
      {
        resource: primitive.attributes['id'] ?? '',
        device,
        mountpoint: parameters.get(names.mountpoint),
        kind: names.kind ?? parameters.get('fstype'),
        ...(isReadOnly(parameters.get('options')) ? { isReadOnly: true } : {}),
      },
    ];
  });
}

function isReadOnly(options: string | undefined): boolean {
  const words = (options ?? '').split(/[,\s]+/);
  // The last of the two counts, as for mount(8).
  return words.lastIndexOf('ro') > words.lastIndexOf('rw');
}

function parametersOf(element: Element): [string, string][] {
  const pairs = childrenOf(element, 'instance_attributes').flatMap((set) => childrenOf(set, 'nvpair'));
  return pairs.flatMap(({ attributes: { name, value } }): [string, string][] =>
    name === undefined || value === undefined ? [] : [[name, value]],
  );
}

/** What is wrong or unsafe in a CIB that Pacemaker takes without a word. */
import { hasCode } from '../../base/errors.ts';
import { cib, type Finding, hideSecrets } from '../../cluster.ts';
import {
  type CheckedCib,
  type CibRemark,
  type CibSight,
  hasServices,
  openCib,
  placeOfProperty,
} from './cib-checked.ts';
import { checkFencing } from './cib-fencing.ts';
import { checkMounts } from './cib-mounts.ts';

const REMEDY = 'Mend it where it was made; for the meaning of what it says run crm_verify -V --xml-file on a node.';

/** In the order of the file. What Pacemaker itself makes of its content is told by crm_verify(8). */
export function checkCib(text: string, file: string, sight: CibSight): Finding[] {
  try {
    const checked = openCib(cib.parseXml(text, file), sight);
    return [...checkFencing(checked), ...checkMounts(checked), ...checkQuorum(checked), ...checkMoves(checked)]
      .map((remark) => ({ ...remark, text: hideSecrets(remark.text) }))
      .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  } catch (error) {
    if (!hasCode(error, 'config', 'cluster-unclear')) throw error;
    const [before, line, column] = /^.*?:(\d+):(\d+): /s.exec(error.message) ?? ['', 1, 1];
    const place = { file, line: Number(line), column: Number(column) };
    const detail = error.message.slice(before.length);
    return [{ code: 'cib-unreadable', level: 'error', place, text: detail, remedy: error.hint || REMEDY }];
  }
}

function checkQuorum(checked: CheckedCib): CibRemark[] {
  const policy = cib.valueIn(checked.cib.properties, 'no-quorum-policy');
  if (policy !== 'ignore' || !hasServices(checked)) return [];
  return [
    {
      code: 'cib-quorum-ignored',
      level: 'warning',
      place: placeOfProperty(checked, 'no-quorum-policy'),
      text: 'no-quorum-policy=ignore: each half of a cluster that is cut in two goes on, and only fencing decides which',
      remedy: 'Set it to stop; for two nodes, two_node: 1 in corosync.conf keeps the quorum.',
    },
  ];
}

/** They hold a resource where somebody once wanted it, also in the next failure. */
function checkMoves({ part, placeOf }: CheckedCib): CibRemark[] {
  return part.moves
    .filter(({ until }) => until === undefined)
    .map(({ id, resource, kind, node = 'a node' }) => ({
      code: 'cib-move-left',
      level: 'warning',
      place: placeOf(id),
      text: `${id}: a move or ban left that ${resource} ${kind === 'prefer' ? 'must be on' : 'must not be on'} ${node}`,
      remedy: `holdfast ha clear ${resource}`,
    }));
}

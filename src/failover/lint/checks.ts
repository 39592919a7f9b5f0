/** The table of all checks, and the lint that runs them. */
import { type Finding, hideSecrets } from '../../cluster.ts';
import { factsOf } from './facts.ts';
import * as fencing from './fencing.ts';
import * as files from './files.ts';
import * as keys from './keys.ts';
import * as membership from './membership.ts';
import { type Check, type LintNode, ofEach, ofEachNode } from './model.ts';
import { checkPacemaker, isHeartbeat, isPacemaker } from './pacemaker.ts';
import * as paths from './paths.ts';
import * as services from './services.ts';
import * as storage from './storage.ts';
import * as times from './times.ts';

/** In the order in which findings of one place are told. Codes are stable: programs and documents name them. */
export const CHECKS: readonly Check[] = [
  { code: 'node-unreachable', find: files.nodeUnreachable },
  { code: 'file-absent', find: files.fileAbsent },
  { code: 'ha-cf-syntax', find: ofEach(files.haCfSyntax) },
  { code: 'haresources-syntax', find: ofEach(files.haresourcesSyntax) },
  { code: 'authkeys-syntax', find: ofEach(files.authkeysSyntax) },
  { code: 'files-differ', find: files.filesDiffer },
  { code: 'deadtime-short', find: ofEach(times.deadtimeShort) },
  { code: 'deadtime-long', find: ofEach(times.deadtimeLong) },
  { code: 'warntime-order', find: ofEach(times.warntimeOrder) },
  { code: 'initdead-short', find: ofEach(times.initdeadShort) },
  { code: 'initdead-absent', find: ofEach(times.initdeadAbsent) },
  { code: 'deadping-short', find: ofEach(times.deadpingShort) },
  { code: 'node-count', find: ofEach(membership.nodeCount) },
  { code: 'node-name', find: ofEachNode(membership.nodeName) },
  { code: 'group-node', find: ofEach(membership.groupNode) },
  { code: 'autojoin-refused', find: ofEach(membership.autojoinRefused) },
  { code: 'path-absent', find: ofEach(paths.pathAbsent) },
  { code: 'path-single', find: ofEach(paths.pathSingle) },
  { code: 'udpport-late', find: ofEach(paths.portLate) },
  { code: 'ping-unused', find: ofEach(paths.pingUnused) },
  { code: 'key-mode', find: ofEachNode(keys.keyMode) },
  { code: 'key-owner', find: ofEachNode(keys.keyOwner) },
  { code: 'key-crc', find: ofEach(keys.keyCrc) },
  { code: 'key-guessable', find: ofEach(keys.keyGuessable) },
  { code: 'stonith-absent', find: ofEach(fencing.stonithAbsent) },
  { code: 'stonith-type', find: ofEach(fencing.stonithType) },
  { code: 'stonith-self', find: ofEach(fencing.stonithSelf) },
  { code: 'stonith-shadowed', find: ofEach(fencing.stonithShadowed) },
  { code: 'stonith-coverage', find: ofEach(fencing.stonithCoverage) },
  { code: 'stonith-user', find: ofEach(fencing.stonithUser) },
  { code: 'stonith-unfit', find: ofEach(fencing.stonithUnfit) },
  { code: 'stonith-readable', find: ofEachNode(fencing.stonithReadable) },
  { code: 'stonith-unknown', find: ofEach(fencing.stonithUnknown) },
  { code: 'shared-twice', find: ofEach(storage.sharedTwice) },
  { code: 'group-key', find: ofEach(storage.groupKey) },
  { code: 'filesystem-params', find: ofEach(storage.filesystemParams) },
  { code: 'raid-order', find: ofEach(storage.raidOrder) },
  { code: 'raid-at-boot', find: ofEachNode(storage.raidAtBoot) },
  { code: 'mmp-off', find: storage.mmpOff },
  { code: 'fstab-mount', find: storage.fstabMounts },
  { code: 'unbalanced', find: ofEach(storage.unbalanced) },
  { code: 'script-missing', find: ofEachNode(services.scriptMissing) },
  { code: 'auto-failback', find: ofEach(services.autoFailback) },
  { code: 'starts-at-boot', find: ofEachNode(services.startsAtBoot) },
  { code: 'resource-at-boot', find: ofEachNode(services.resourceAtBoot) },
  { code: 'crm-on', find: ofEach(membership.managed) },
  { code: 'node-unexamined', find: membership.nodeUnexamined },
  { code: 'not-examined', find: files.notExamined },
];

/** Everything wrong, unsafe or not examined, ordered by file and place. Pure: the same nodes give the same findings. */
export function lint(nodes: readonly LintNode[]): Finding[] {
  const facts = factsOf(nodes.filter(isHeartbeat));
  const found = CHECKS.flatMap(({ code, find }) => find(facts).map((remark) => ({ code, ...remark })));
  const all = [...found, ...checkPacemaker(nodes.filter(isPacemaker))];
  return once(all.map((finding) => ({ ...finding, text: hideSecrets(finding.text) }))).toSorted(byPlace);
}

/** Where only one of the three files differs between nodes, the others are judged again: told once is enough. */
function once(findings: readonly Finding[]): Finding[] {
  const pathOf = (file: string): string => file.replace(/^[^/]*:(?=\/)/, '');
  const keyOf = ({ code, place, text }: Finding): string =>
    JSON.stringify([code, pathOf(place.file), place.line, place.column, text]);
  return [...new Map(findings.toReversed().map((finding) => [keyOf(finding), finding])).values()].toReversed();
}

function byPlace({ place: a }: Finding, { place: b }: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

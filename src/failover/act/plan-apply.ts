/** Putting a configuration from a file into the place of the live one; and back. */
import { cib, pacemaker, type state } from '../../cluster.ts';
import { differencesOf } from './differences.ts';
import type { ActionPlan, Situation } from './model.ts';
import { movablesOf, moveTimeMs } from './places.ts';
import { expectPacemaker, planOf, refusal, SOUND } from './steps.ts';

export interface ApplyRequest {
  /** `rollback` takes a saved CIB, which is always older than the live one. */
  action: 'apply' | 'rollback';
  wanted: cib.XmlDocument;
  live: cib.XmlDocument;
  /** What crm_verify finds wrong in it; undefined when it was not asked. */
  faults: readonly string[] | undefined;
  /** The file is older than the live CIB, and is to be taken all the same. */
  allowsOlder: boolean;
}

export interface ApplyPlan extends ActionPlan {
  /** One line for each difference; values of secrets are in none. */
  differences: readonly string[];
}

/** @throws {AppError} `refused` when the file is not valid, or older than what it would replace; `config` for no CIB */
export function planApply(situation: Situation, request: ApplyRequest, nowMs: number): ApplyPlan {
  const { action, wanted, live, faults } = request;
  const what = `${action} of ${wanted.file}`;
  expectPacemaker(situation, what, 'Its files are compared by: holdfast ha lint.');
  if (faults === undefined) throw refusal(what, 'it could not be checked by crm_verify', 'Install it on that node.');
  if (faults.length > 0) throw refusal(what, `it is not valid: ${faults.join('; ')}`, 'Mend the file.');
  const other = strangeness(live, wanted);
  if (other !== undefined) throw refusal(what, other, 'Name a file of this cluster.');
  const after = cib.withTemplates(cib.readCib(wanted));
  const base = cib.epochOf(live);
  const differences = differencesOf(live, wanted);
  if (action === 'apply' && !request.allowsOlder) expectNewer(cib.epochOf(wanted), base, what);
  const change = {
    kind: 'replace',
    file: wanted.file,
    base: { adminEpoch: base.adminEpoch, epoch: base.epoch },
  } as const;
  const promised = promisesOf(after);
  const moving = movablesOf(situation).map(({ id }) => id);
  const step = {
    text: `put the configuration of ${wanted.file} into the place of ${base.adminEpoch}.${base.epoch}`,
    checks: [...SOUND, { kind: 'version' as const, version: change.base }],
    change,
    command: ['cibadmin', '--replace', '--xml-pipe'],
    expects: [{ kind: 'configured' as const }, { kind: 'nowhere-twice' as const }],
    timeLimitMs: moveTimeMs(situation, moving),
  };
  const arriving = differences.length === 0 ? [] : arrivingIn(wanted, situation);
  const plan = planOf(situation, nowMs, {
    action,
    subject: wanted.file,
    sources: differences.length === 0 ? [] : sourcesOf(situation, arriving),
    moved: differences.length === 0 ? [] : [...new Set([...moving, ...promised.map(({ resource }) => resource)])],
    arriving,
    steps: differences.length === 0 ? [] : [step],
    promises: promised,
    notes: notesOf(after, differences),
  });
  return { ...plan, differences };
}

/** Why a file cannot be of this cluster; undefined when it can. One that was built may name no nodes. */
export function strangeness(live: cib.XmlDocument, wanted: cib.XmlDocument): string | undefined {
  const [here, there] = [cib.readCib(live), cib.readCib(wanted)];
  const names = ({ nodes }: cib.Cib): string[] => nodes.map(({ name }) => name);
  const clusterOf = ({ properties }: cib.Cib): string | undefined => cib.valueIn(properties, 'cluster-name');
  const [own, other] = [clusterOf(here), clusterOf(there)];
  if (own !== undefined && other !== undefined && own !== other)
    return `it is of the cluster ${other}, and this is ${own}`;
  const isDisjoint = names(here).length > 0 && !names(there).some((name) => names(here).includes(name));
  if (names(there).length === 0 || !isDisjoint) return undefined;
  return `it is of a cluster of ${names(there).join(', ')}, and this is one of ${names(here).join(', ')}`;
}

/**
 * What the new configuration moves, only the scheduler knows: whoever runs something may have to give it up. Of filesystems
 * that are new, whoever is up, or was, may be the one that has them.
 */
function sourcesOf(situation: Situation, arriving: readonly state.SharedFilesystem[]): string[] {
  const holders = movablesOf(situation).flatMap(({ nodes }) => nodes);
  const members = situation.state.nodes.filter(({ kind }) => kind === 'member' || kind === 'unknown');
  return [...new Set([...holders, ...(arriving.length === 0 ? [] : members.map(({ name }) => name))])];
}

/** A file without a version, as one that was built, is not older than anything. */
function expectNewer(file: cib.CibVersion, live: cib.CibVersion, what: string): void {
  const isBuilt = file.adminEpoch === 0 && file.epoch <= 1;
  const isOlder = file.adminEpoch < live.adminEpoch || (file.adminEpoch === live.adminEpoch && file.epoch < live.epoch);
  if (isBuilt || !isOlder) return;
  throw refusal(
    what,
    `it is of CIB ${file.adminEpoch}.${file.epoch}, and the live one is ${live.adminEpoch}.${live.epoch}: what was changed since would be undone`,
    'Make the change anew from: cibadmin --query. Or take it knowingly, as the differences show: --allow-older.',
  );
}

/** Devices that whoever had the filesystems before, as a Heartbeat that still runs, may still have mounted. */
function arrivingIn(wanted: cib.XmlDocument, { state: { filesystems } }: Situation): state.SharedFilesystem[] {
  const known = new Set(filesystems.map(({ resource, device }) => JSON.stringify([resource, device])));
  const { filesystems: all } = pacemaker.readConfiguration(cib.formatXml(wanted), wanted.file);
  return all.filter(({ resource, device }) => !known.has(JSON.stringify([resource, device])));
}

function promisesOf(after: cib.Cib): { kind: 'once'; resource: string }[] {
  const wanted = after.resources.filter(
    (each) =>
      each.kind === 'group' ||
      (each.kind === 'primitive' && each.agent !== undefined && each.agent.standard !== 'stonith'),
  );
  const isStopped = (meta: readonly cib.ValueSet[]): boolean => cib.valueIn(meta, 'target-role') === 'Stopped';
  return wanted
    .filter(({ meta }) => !isStopped(meta) && !isStopped(after.resourceDefaults))
    .map(({ id }) => ({ kind: 'once', resource: id }));
}

function notesOf(after: cib.Cib, differences: readonly string[]): string[] {
  const fences = cib.parseBoolean(cib.valueIn(after.properties, 'stonith-enabled') ?? 'true');
  return [
    ...(differences.length === 0 ? ['the live configuration says the same already'] : []),
    ...(fences === false ? ['fencing is switched off in it: a takeover may then damage data'] : []),
  ];
}

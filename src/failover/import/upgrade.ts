/** A configuration that is in XML already: of Heartbeat 2 with crm on, or of an old Pacemaker. */

import { CLUSTER_READ_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { cib, type Place, stonith } from '../../cluster.ts';
import type { Processes } from '../../host.ts';
import { convertCib } from './convert.ts';
import { type Explanation, newNotebook, type ScriptKind, type Unmapped } from './model.ts';
import type { ServiceReadings } from './services.ts';

/** Writes `text` to a file that nobody else can read, lets it be used, and gives its text afterwards; the file is then gone. */
export type ScratchFile = (text: string, use: (path: string) => Promise<void>) => Promise<string>;

export interface UpgradeTools {
  processes: Processes;
  scratch: ScratchFile;
  signal: AbortSignal;
  /** What was read of services of init.d on the nodes, for a CIB of before Pacemaker. */
  services?: ServiceReadings;
  /** What scripts of init.d are to become there, where that was asked for. */
  scripts?: Readonly<Record<string, ScriptKind>>;
}

export interface UpgradedCib {
  /** Schema it was of; undefined before there was a choice. */
  from: string | undefined;
  to: string;
  cibXml: string;
  explanations: readonly Explanation[];
  unmapped: readonly Unmapped[];
  /** What crm_verify said; undefined when there is none here. */
  verified: 'clean' | 'warnings' | undefined;
}

/**
 * @throws {AppError} `config` when it is no CIB, one of the future, or does not hold after the upgrade; `command-missing`
 *   when an upgrade needs cibadmin and there is none; `usage` when scripts are named that this upgrade leaves as they are
 */
export async function upgradeCib(text: string, file: string, tools: UpgradeTools): Promise<UpgradedCib> {
  const document = cib.parseXml(text, file);
  const old = cib.readCib(document);
  const isOld = !/^pacemaker-(?!0)/.test(old.validateWith ?? '');
  if (!isOld && Object.keys(tools.scripts ?? {}).length > 0)
    throw new AppError('usage', {
      detail: `${file} is of ${old.validateWith}, and its resources are upgraded as they are`,
      hint: 'Leave out --ocf, --lsb and --systemd, and change the agents afterwards.',
    });
  const notebook = newNotebook();
  const placeOf = (element: cib.XmlElement): Place => placeIn(text, file, element);
  if (isOld) tellOld(old, { notebook, placeOf });
  else nameScripts(old, { notebook, placeOf });
  const cibXml = isOld
    ? cib.formatXml(
        cib.buildCib(convertCib(old, { ...tools, notebook, placeOf }), {
          file: 'cib.xml',
          epoch: old.epoch + 1,
          adminEpoch: old.adminEpoch + 1,
        }),
      )
    : await byCibadmin(text, tools);
  const upgraded = cib.readCib(cib.parseXml(cibXml, 'cib.xml'));
  if (!isOld)
    notebook.explanations.push({
      about: 'schema',
      place: { file, line: 1, column: 1 },
      was: old.validateWith ?? 'no schema',
      becomes: upgraded.validateWith ?? 'no schema',
      why: 'By cibadmin --upgrade, on a copy.',
    });
  const verified = await verify(cibXml, tools, cib.everyResource(upgraded.resources).some(isFencing));
  if (!cib.everyResource(upgraded.resources).some(isFencing))
    notebook.unmapped.push({
      what: 'fencing',
      place: undefined,
      why: 'there is no fence device in it; the cluster will start nothing until fencing is there',
      instead: 'add a fence device for each node, and do not set stonith-enabled=false',
    });
  return { from: old.validateWith, to: upgraded.validateWith ?? 'none', cibXml, ...notebook, verified };
}

interface Told {
  notebook: { explanations: Explanation[]; unmapped: Unmapped[] };
  placeOf(element: cib.XmlElement): Place;
}

function tellOld(old: cib.Cib, { notebook }: Told): void {
  notebook.explanations.push({
    about: 'schema',
    place: undefined,
    was: old.validateWith ?? 'no schema, as Heartbeat 2 wrote it',
    becomes: 'pacemaker-3.0',
    why: 'Pacemaker 2 upgrades nothing older than pacemaker-1.0 (cibadmin --upgrade refuses it), so it is written anew: values without <attributes>, promotable clones for <master_slave>, first and then for from and to.',
  });
  if (old.nodes.length > 0)
    notebook.explanations.push({
      about: 'nodes',
      place: undefined,
      was: old.nodes.map(({ name }) => name).join(', '),
      becomes: 'none',
      why: 'Their ids were of Heartbeat. Pacemaker adds the nodes by itself, from the node list of corosync.conf.',
    });
}

/** Both classes are still read, and no agent of theirs is found. */
function nameScripts(old: cib.Cib, { notebook, placeOf }: Told): void {
  for (const each of cib.everyResource(old.resources))
    if (each.kind === 'primitive' && each.agent?.standard === 'stonith' && !each.agent.type.startsWith('fence_'))
      namePlugin(each, { notebook, placeOf });
    else if (each.kind === 'primitive' && each.agent?.standard === 'heartbeat')
      notebook.unmapped.push({
        what: each.id,
        place: placeOf(each.element),
        why: `heartbeat:${each.agent.type}: Pacemaker 2 has no agents of the class heartbeat any more, and it would not start`,
        instead: `ocf:heartbeat:${each.agent.type} where there is one, with named parameters, or a unit of systemd`,
      });
}

function namePlugin({ id, agent, element }: cib.Primitive, { notebook, placeOf }: Told): void {
  const plugin = agent!.type;
  const fence = stonith.stonithPlugin(plugin)?.fence;
  notebook.unmapped.push({
    what: id,
    place: placeOf(element),
    why: `STONITH by the plugin ${plugin} of cluster-glue, which today's Pacemaker is mostly built without`,
    instead:
      fence?.kind === 'agent'
        ? `take stonith:${fence.agent} for it: docs/fencing.md says how its parameters are called there`
        : (fence?.instead ?? 'find out what the plugin of this site does, and take the agent that does it'),
  });
}

async function byCibadmin(text: string, { processes, scratch, signal }: UpgradeTools): Promise<string> {
  return await scratch(text, async (path) => {
    const options = { env: { CIB_file: path }, timeLimitMs: CLUSTER_READ_MS_MAX, signal };
    const { exitCode, errorText } = await processes
      .run('cibadmin', ['--upgrade', '--force'], options)
      .catch((error: unknown) => {
        if (!hasCode(error, 'command-missing')) throw error;
        const hint = 'Install pacemaker-cli-utils here, or import on a node of the new cluster.';
        throw new AppError('command-missing', { detail: 'cibadmin, which upgrades a CIB', hint, cause: error });
      });
    if (exitCode === 0) return;
    throw new AppError('config', {
      detail: `cibadmin could not upgrade it, exit code ${exitCode}: ${firstLine(errorText)}`,
      hint: 'Run crm_verify -V --xml-file on it; nothing was written.',
    });
  });
}

/** Without fence devices crm_verify complains of just that, which is told in other words. */
async function verify(
  text: string,
  { processes, scratch, signal }: UpgradeTools,
  hasFencing: boolean,
): Promise<UpgradedCib['verified']> {
  let verified: UpgradedCib['verified'];
  await scratch(text, async (path) => {
    const options = { timeLimitMs: CLUSTER_READ_MS_MAX, signal };
    const result = await processes.run('crm_verify', ['-V', '--xml-file', path], options).catch((error: unknown) => {
      if (!hasCode(error, 'command-missing')) throw error;
      return undefined;
    });
    if (result === undefined) return;
    const errors = result.errorText
      .split('\n')
      .filter((line) => /\berror:/.test(line) && (hasFencing || !/STONITH/i.test(line)));
    if (errors.length > 0)
      throw new AppError('config', {
        detail: `crm_verify refuses what came out: ${errors[0]!.trim()}`,
        hint: 'Mend the old configuration, and import again; nothing was written.',
      });
    verified = result.exitCode === 0 ? 'clean' : 'warnings';
  });
  return verified;
}

function isFencing(resource: cib.Resource): boolean {
  return resource.kind === 'primitive' && resource.agent?.standard === 'stonith';
}

function placeIn(text: string, file: string, { offset = 0 }: cib.XmlElement): Place {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: before.at(-1)!.length + 1 };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/** What would stop tonight's run, each with its remedy. Everything is tried as a run would do it; nothing is changed. */
import { join } from 'node:path';
import { DOCTOR_STEP_MS_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import type { inspect } from '../config.ts';
import { examineBeginning } from './doctor/beginning.ts';
import { examineClock } from './doctor/clock.ts';
import { examineNode } from './doctor/cluster.ts';
import { configurationSteps } from './doctor/configuration.ts';
import { type Finding, inOrder } from './doctor/finding.ts';
import { examineHost, type HostParts } from './doctor/host.ts';
import { examineLedger } from './doctor/ledger.ts';
import { examineTarget } from './doctor/notification.ts';
import { examineState } from './doctor/state.ts';
import { contained, type Step } from './doctor/step.ts';
import { examineOwnTool, examineTools, type ToolParts } from './doctor/tools.ts';
import { examineSpace, examineVault } from './doctor/vault.ts';
import type { RunWorld } from './model.ts';
import { addressOf, isHere, nodesOf, processesOfNode } from './nodes.ts';
import { Redactor } from './redact.ts';

/** Steps that are taken together: they wait for the network most of the time. */
const WIDTH = 4;

export interface Examination {
  signal: AbortSignal;
  /** Called in the order of areas, once everything was looked at. When stopped, for what was found until then. */
  onFinding: (finding: Finding) => void;
  /** The configuration of the world with its text: without it nobody knows who can read secrets that stand in it. */
  checked?: inspect.Checked;
  /** Longest time for one step, in milliseconds. */
  stepMs?: number;
}

/** Looks at everything that the plans of the configuration need. @throws the signal's reason */
export async function examine(world: RunWorld, examination: Examination): Promise<void> {
  const { signal, onFinding, checked = { config: world.config }, stepMs = DOCTOR_STEP_MS_MAX } = examination;
  const redactor = new Redactor();
  const found: Finding[][] = [];
  const containment = { clock: world.clock, processes: world.processesOf('local'), limitMs: stepMs, signal };
  try {
    const steps = stepsOf(world, { checked, redactor, stepMs }).entries();
    await forEachLimited(steps, { width: WIDTH, signal }, async ([index, step]) => {
      found[index] = await contained(step, containment);
    });
  } finally {
    for (const each of inOrder(found.flat()))
      onFinding({ ...each, text: redactor.clean(each.text), remedy: redactor.clean(each.remedy) });
  }
}

interface StepParts {
  checked: inspect.Checked;
  redactor: Redactor;
  stepMs: number;
}

function stepsOf(world: RunWorld, { checked, redactor, stepMs }: StepParts): Step[] {
  const { config, environment } = world;
  const { stateDirectory } = config;
  const processes = world.processesOf('local');
  const secrets = (signal: AbortSignal) => ({ environment, processes, redactor, signal });
  const ledger = join(stateDirectory, 'ledger.sqlite');
  const vaults = Object.entries(config.vaults);
  const hosts = hostNames(config);
  const tools = (name: string, signal: AbortSignal): ToolParts => {
    return { name, processes: world.processesOf(name), timeLimitMs: stepMs, signal };
  };
  return [
    ...configurationSteps({ world, checked, hostsUsed: [...hosts, ...nodeNames(world)] }),
    step('schedule', 'all', (signal) => examineBeginning({ config, processes, signal }), stateDirectory),
    step('state', stateDirectory, () => examineState(stateDirectory), stateDirectory),
    step('ledger', ledger, () => examineLedger(ledger), stateDirectory),
    step('clock', 'this machine', async () => examineClock(world)),
    ...vaults.map(([name, { url }]) =>
      step('vault', name, (signal) => examineVault(world, name, secrets(signal)), url),
    ),
    ...vaults.map(([name, { url }]) => step('space', name, () => examineSpace(world, name), url)),
    step('tool', 'programs', (signal) => examineTools(tools('local', signal), programsOn(config, 'local'))),
    ...ownTools(config, [...hosts, ...nodeNames(world)]).map((program) =>
      step('tool', program, (signal) => examineOwnTool(program, tools('local', signal))),
    ),
    ...hosts.map((name) => step('host', name, (signal) => examineMachine(world, tools(name, signal)))),
    ...Object.keys(config.clusters).flatMap((cluster) =>
      nodesOf(world, cluster).map((node) =>
        step('cluster', `${cluster} from ${node}`, (signal) =>
          examineNode({
            ...machineParts(world, {
              name: node,
              processes: processesOfNode(world, node),
              timeLimitMs: stepMs,
              signal,
            }),
            ...{ cluster, nodes: nodesOf(world, cluster), isHere: isHere(world, node), isKnown: hosts.includes(node) },
          }),
        ),
      ),
    ),
    ...Object.keys(config.notifications.targets).map((name) =>
      step('notification', name, (signal) => examineTarget(world, name, secrets(signal))),
    ),
  ];
}

function step(area: Step['area'], subject: string, work: Step['work'], path?: string): Step {
  return { area, subject, work, path };
}

type Config = RunWorld['config'];

/** Every host that plans or shelves name, but for this machine. */
function hostNames(config: Config): string[] {
  const used = [
    ...Object.values(config.plans).flatMap(({ sources, hooks }) => [
      ...sources.flatMap((source) => ('host' in source ? [source.host] : [])),
      // A node that is no host of the configuration is for ssh to know.
      ...sources.flatMap((source) => ('cluster' in source ? hostsOf(config, source.cluster) : [])),
      ...Object.values(hooks).flatMap((each) => each.map(({ host }) => host)),
    ]),
    ...Object.values(config.shelves).flatMap(({ target }) => (target === undefined ? [] : [target.host])),
  ];
  return [...new Set(used)].filter((name) => name !== 'local');
}

function hostsOf({ clusters, hosts }: Config, cluster: string): string[] {
  return clusters[cluster]!.nodes.filter((node) => Object.hasOwn(hosts, node));
}

/** Every node of a cluster, but for this machine. */
function nodeNames(world: RunWorld): string[] {
  const nodes = Object.keys(world.config.clusters).flatMap((cluster) => nodesOf(world, cluster));
  return [...new Set(nodes)].filter((name) => !isHere(world, name));
}

function ownTools({ shelves }: Config, hosts: readonly string[]): ('ssh' | 'tar' | 'gzip')[] {
  return [
    ...(hosts.length > 0 ? (['ssh'] as const) : []),
    ...(Object.keys(shelves).length > 0 ? (['tar', 'gzip'] as const) : []),
  ];
}

function programsOn({ plans }: Config, host: string): string[] {
  return Object.values(plans).flatMap(({ sources, hooks }) => [
    ...sources.flatMap((source) => ('command' in source && source.host === host ? [source.command[0]!] : [])),
    ...Object.values(hooks).flatMap((each) =>
      each.filter((hook) => hook.host === host).map(({ command }) => command[0]!),
    ),
  ]);
}

/** A host, and when it is reached, the programs there. */
async function examineMachine(world: RunWorld, tools: ToolParts): Promise<Finding[]> {
  const reached = await examineHost(machineParts(world, tools));
  if (reached.some(({ level }) => level === 'error')) return reached;
  return [...reached, ...(await examineTools(tools, programsOn(world.config, tools.name)))];
}

/** Nodes are reached as a test of fencing reaches them, also when only ssh knows them. */
function machineParts(world: RunWorld, tools: ToolParts): HostParts {
  const { clock, environment } = world;
  const ssh = {
    address: addressOf(world, tools.name),
    local: world.processesOf('local'),
    environment,
    signal: tools.signal,
  };
  return { ...tools, clock, ssh };
}

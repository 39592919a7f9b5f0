/** Runs crm_simulate(8) on files of its own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLUSTER_ANSWER_BYTES_MAX, SIMULATION_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import type { Processes } from '../../host.ts';
import { unclear } from '../pacemaker/machine-xml.ts';
import { readGraph } from './graph.ts';
import type { SimulatedTransition, SimulatorRequest } from './model.ts';
import { readSimulation } from './read.ts';

export interface SimulatorOptions {
  processes: Processes;
  /** For each run; SIMULATION_MS_MAX when left out. */
  timeLimitMs?: number;
  signal?: AbortSignal | undefined;
}

/** Owns a folder for the files that go in and come out, readable by its owner alone: a CIB holds passwords. */
export interface Simulator extends AsyncDisposable {
  /**
   * The scheduler's answer to what happened. Several may run at once.
   * @throws {AppError} `command-missing`, `command-timeout`, `config` when it refuses the CIB, `cluster-unclear`
   */
  run(request: SimulatorRequest): Promise<SimulatedTransition>;
  /** How often the program ran. */
  readonly runs: number;
}

/** sysexits.h: EX_DATAERR and EX_CONFIG, and what libxml2's refusals end in. */
const REFUSED = new Set([65, 66, 70, 78]);
/** How it ends when actions are left that wait for what cannot be done: an answer like any other. */
const STALLED = 1;
const STALLED_TEXT = '<error>Transition failed: terminated</error>';
const MISSING_HINT =
  'Install pacemaker-cli-utils (Debian) or pacemaker-cli (Red Hat, SUSE) here: the simulation is that of Pacemaker itself.';

export async function openSimulator(options: SimulatorOptions): Promise<Simulator> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-simulate-'));
  let runs = 0;
  return {
    get runs() {
      return runs;
    },
    run: async (request) => await runOnce({ folder, number: ++runs, request }, options),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

interface Run {
  folder: string;
  number: number;
  request: SimulatorRequest;
}

async function runOnce({ folder, number, request }: Run, options: SimulatorOptions): Promise<SimulatedTransition> {
  const path = (name: string): string => join(folder, `${number}-${name}.xml`);
  const [input, output, graph] = [path('in'), path('out'), path('graph')] as const;
  try {
    await writeFile(input, request.cibText, { mode: 0o600 });
    const args = argumentsOf(request, { input, output, graph });
    const text = await runProgram(args, { folder, ...options });
    const printed = readSimulation(text);
    const saved = readGraph(await readSaved(graph));
    const { actions, fencingTimeoutMs } = saved;
    const isComplete = !text.includes(STALLED_TEXT);
    const cibText = await readSaved(output);
    return { ...printed, isComplete, graph: actions, fencingTimeoutMs, cibText };
  } finally {
    await Promise.all([input, output, graph].map((file) => rm(file, { force: true })));
  }
}

function argumentsOf(
  { failedNodes = [], returnedNodes = [], injected = [], failing = [] }: SimulatorRequest,
  { input, output, graph }: { input: string; output: string; graph: string },
): string[] {
  const files = [`--xml-file=${input}`, `--save-output=${output}`, `--save-graph=${graph}`];
  return [
    '--simulate',
    '--output-as=xml',
    ...files,
    ...failedNodes.map((node) => `--node-fail=${node}`),
    ...returnedNodes.map((node) => `--node-up=${node}`),
    ...injected.map((spec) => `--op-inject=${spec}`),
    ...failing.map((spec) => `--op-fail=${spec}`),
  ];
}

async function runProgram(
  args: readonly string[],
  { processes, timeLimitMs = SIMULATION_MS_MAX, signal, folder }: SimulatorOptions & { folder: string },
): Promise<string> {
  // It makes a shadow CIB, which would otherwise lie beside that of the cluster, where few may write.
  const env = { CIB_shadow_dir: folder, CIB_file: undefined, CIB_shadow: undefined, CIB_port: undefined, LC_ALL: 'C' };
  const options = { env, timeLimitMs, signal, outputBytesMax: CLUSTER_ANSWER_BYTES_MAX };
  try {
    const { exitCode, output, errorText } = await runAnywhere(processes, args, options);
    const text = output.toString();
    if (exitCode === 0 || (exitCode === STALLED && text.includes(STALLED_TEXT))) return text;
    throw refusal(exitCode, errorText);
  } catch (error) {
    if (hasCode(error, 'command-missing'))
      throw new AppError('command-missing', { detail: 'crm_simulate', hint: MISSING_HINT, cause: error });
    if (!hasCode(error, 'command-timeout')) throw error;
    throw new AppError('command-timeout', {
      detail: `crm_simulate, after ${timeLimitMs / 1000} s`,
      hint: 'Placing many resources at once takes it long: give more with --time-limit, or simulate from a CIB in which they run.',
      cause: error,
    });
  }
}

type Options = NonNullable<Parameters<Processes['run']>[2]>;

/** /usr/sbin, where it is, is not in every user's PATH. */
async function runAnywhere(processes: Processes, args: readonly string[], options: Options) {
  try {
    return await processes.run('crm_simulate', args, options);
  } catch (error) {
    if (!hasCode(error, 'command-missing')) throw error;
    return await processes.run('/usr/sbin/crm_simulate', args, options);
  }
}

function refusal(exitCode: number, errorText: string): AppError {
  const lines = errorText.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/assert/i.test(line)).at(-1) ?? '';
  if (!REFUSED.has(exitCode)) return unclear('crm_simulate', `ended with exit code ${exitCode}: ${said}`.slice(0, 300));
  return new AppError('config', {
    detail: `crm_simulate does not take this CIB: ${said}`.slice(0, 300),
    hint: 'Check it: crm_verify -V --xml-file FILE. A CIB of a newer Pacemaker needs the tools of that version.',
  });
}

async function readSaved(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('cluster-unclear', {
      detail: 'crm_simulate did not save what it was asked to save',
      hint: 'Check the free space of the folder for temporary files (TMPDIR).',
      cause,
    });
  }
}

/** Programs of a Pacemaker node that tell of fencing, and the two orders to its fencer. */

import { FENCE_TRY_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, type ErrorCode, hasCode } from '../../base/errors.ts';
import { parseXml, type XmlDocument } from '../cib/xml.ts';
import { EXIT, statusError } from '../pacemaker/crm-mon.ts';
import { readFencingHistory } from '../pacemaker/fencing-history.ts';
import { askTool, type ReadOptions, runTool, type Seat, saidOf, type ToolAnswer } from '../pacemaker/tool.ts';
import type { FencingEvent } from '../state.ts';
import { Secret } from '../stonith/secret.ts';
import { type AgentMetadata, readAgentMetadata } from './metadata.ts';
import type { DeviceParam, FencingDevice } from './model.ts';

/** A path of fencing that was tried. Unproven: it could not be asked, and nothing may be concluded. */
export interface Tried {
  outcome: 'proven' | 'failed' | 'unproven';
  tookMs: number;
  text: string;
  /** Of the plug that was asked about. */
  power: 'on' | 'off' | undefined;
}

/** Agents of fence-agents lie here (FenceAgentAPI); names of cluster-glue have a slash. */
const AGENT = /^fence_[\w.-]+$/;
/** Not for the agent but for Pacemaker's fencer. */
const OWN_PARAM = /^(?:pcmk_|provides$|stonith-timeout$)/;
/** Values that Pacemaker looks up in a file of the node. */
const ELSEWHERE = 'lrm://';

/** What cannot be reached is no failure of the device. */
const UNREACHED: readonly ErrorCode[] = ['host-unreachable', 'host-refused', 'command-missing', 'command-failed'];

/** What was found out, or that nothing could be: an error of reaching the machine or its cluster is no answer of a device. */
export async function unlessUnreached(
  work: () => Promise<Pick<Tried, 'outcome' | 'text'>>,
): Promise<Pick<Tried, 'outcome' | 'text'>> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, 'command-timeout', 'cluster-down', 'cluster-denied', 'cluster-unclear', ...UNREACHED))
      throw error;
    return { outcome: 'unproven', text: error.message };
  }
}

/** The same machine, whose next program is given this on standard input: no secret in arguments. */
export function feeding(seat: Seat, input: string): Seat {
  const { processes } = seat;
  const run: Seat['processes']['run'] = (command, args, options = {}) =>
    processes.run(command, args, { ...options, input: Buffer.from(input) });
  return { ...seat, processes: { ...processes, run } };
}

/** @throws {AppError} `cluster-down`, `cluster-denied`, `cluster-unclear`, `config`; what reaching the machine throws */
export async function queryCib(seat: Seat, options: ReadOptions): Promise<XmlDocument> {
  const answer = await askTool(seat, ['cibadmin', '--query'], options);
  const program = `cibadmin on ${seat.name}`;
  if (answer.exitCode !== 0) throw failed(program, answer);
  return parseXml(answer.text, `CIB of ${seat.name}`);
}

/** Newest first. @throws as `queryCib` */
export async function fencingHistory(seat: Seat, options: ReadOptions): Promise<FencingEvent[]> {
  const asked = ['stonith_admin', '--history', '*', '--verbose'] as const;
  let answer = await askTool(seat, [...asked, '--output-as=xml'], options);
  const isOld = answer.exitCode === EXIT.usage || /(?:unrecognized|unknown|invalid) option/i.test(answer.errorText);
  if (isOld) answer = await runTool(seat, asked, options);
  if (answer.exitCode !== 0 && !answer.text.includes('<status')) throw failed(`stonith_admin on ${seat.name}`, answer);
  return readFencingHistory(answer.text, `stonith_admin on ${seat.name}`);
}

/** Ids of the devices that the fencer of this node may use itself. @throws as `queryCib` */
export async function registeredDevices(seat: Seat, options: ReadOptions): Promise<string[]> {
  const answer = await askTool(seat, ['stonith_admin', '--list-registered'], options);
  // Without any device it ends with "no such device", and says so.
  if (/no devices found/i.test(`${answer.text} ${answer.errorText}`)) return [];
  if (answer.exitCode !== 0) throw failed(`stonith_admin on ${seat.name}`, answer);
  const lines = answer.text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !/found$/.test(line)).map((line) => line.replace(/^\*\s*/, ''));
}

/** What an agent that is installed there can do. @throws as `queryCib` */
export async function agentMetadata(seat: Seat, agent: string, options: ReadOptions): Promise<AgentMetadata> {
  const answer = await askTool(seat, ['stonith_admin', '--metadata', '--agent', agent], options);
  if (answer.exitCode !== 0) throw failed(`stonith_admin on ${seat.name}`, answer);
  return readAgentMetadata(answer.text, `stonith_admin --metadata --agent ${agent} on ${seat.name}`);
}

export interface AgentRequest {
  device: Pick<FencingDevice, 'agent' | 'params'>;
  /** Whether the device answers, or whether one of its plugs is on. Nothing is switched. */
  action: 'monitor' | 'status';
  /** For `status`: name of the node, and what the device calls it. */
  target?: { node: string; plug: string };
}

/**
 * Has the agent itself, on this node and with the parameters of the CIB, ask its device. `stonith_admin --query` is no proof:
 * on nodes where the device is not started the fencer skips the monitor, and then the command is content with a list
 * (execute_agent_action in daemons/fenced/fenced_commands.c; case Q in tools/stonith_admin.c; seen with 2.1.5).
 */
export async function askAgent(seat: Seat, request: AgentRequest, options: ReadOptions): Promise<Tried> {
  const { agent, params } = request.device;
  const values = params.map(({ name, value }): [string, string] => [name, textOf(value)]);
  const action = values.find(([name]) => name === `pcmk_${request.action}_action`)?.[1] ?? request.action;
  const reason = !AGENT.test(agent)
    ? `${agent} is no agent of the kind that can be asked alone`
    : values.some(([, value]) => value.startsWith(ELSEWHERE))
      ? 'its parameters are secrets of the node, which only the cluster reads'
      : action === 'metadata'
        ? `it is configured to take metadata for ${request.action}, which proves nothing`
        : undefined;
  if (reason !== undefined) return { outcome: 'unproven', tookMs: 0, text: reason, power: undefined };
  const fed = feeding(seat, inputOf({ ...request, values, action }));
  const own = { ...options, timeLimitMs: options.timeLimitMs ?? FENCE_TRY_MS_MAX };
  return await timed(options, async () => {
    const answer = await runTool(fed, [agent], own);
    // Of status 0 is on and 2 is off (FenceAgentAPI).
    const power = request.action === 'monitor' ? undefined : ({ 0: 'on', 2: 'off' } as const)[answer.exitCode];
    if (request.action === 'monitor' ? answer.exitCode === 0 : power !== undefined)
      return { outcome: 'proven', text: power ?? 'answers', power };
    // Hidden before it is cut short, which could leave half a password.
    const told = { ...answer, text: hidden(answer.text, params), errorText: hidden(answer.errorText, params) };
    return { outcome: 'failed', text: saidOf(told) || `exit code ${answer.exitCode}`, power };
  });
}

/**
 * Tells the cluster that a node is off; it believes it.
 * @throws {AppError} `failed` when the cluster did not take it
 */
export async function confirmOff(seat: Seat, node: string, options: ReadOptions): Promise<void> {
  await order(seat, ['stonith_admin', '--confirm', node], options);
}

/** Shoots: off and on again. Resolves when the fencer says that it is done. @throws {AppError} `failed` */
export async function rebootNode(seat: Seat, node: string, options: ReadOptions): Promise<void> {
  await order(seat, ['stonith_admin', '--reboot', node], options);
}

/**
 * Writes one line to that machine's system log, where the cluster's own messages are.
 * @returns whether its log took it
 */
export async function recordOn(seat: Seat, line: string, options: ReadOptions): Promise<boolean> {
  // Without it logger(1) ends well even when nobody listens.
  const call = [
    'logger',
    '--socket-errors=on',
    '--tag',
    'holdfast',
    '--priority',
    'daemon.notice',
    '--',
    line,
  ] as const;
  try {
    return (await runTool(seat, call, options)).exitCode === 0;
  } catch (error) {
    if (!hasCode(error, 'command-timeout', ...UNREACHED)) throw error;
    return false;
  }
}

/** Not to be interrupted: what was ordered is done, whoever still listens. */
async function order(seat: Seat, call: readonly [string, ...string[]], options: ReadOptions): Promise<void> {
  const what = call.slice(0, 3).join(' ');
  const hint = `See the history: holdfast ha fence history`;
  const answer = await runTool(seat, call, { ...options, signal: undefined }).catch((error: unknown) => {
    if (!hasCode(error, 'command-timeout', 'host-unreachable', 'command-failed')) throw error;
    const detail = `${what} on ${seat.name} has not answered, and may be done all the same: ${error.message}`;
    throw new AppError('failed', { detail, hint, cause: error });
  });
  if (answer.exitCode === 0) return;
  throw new AppError('failed', {
    detail: `${what} on ${seat.name} ended with exit code ${answer.exitCode}: ${saidOf(answer)}`,
    hint,
  });
}

function inputOf({
  target,
  values,
  action,
}: Pick<AgentRequest, 'target'> & { values: readonly [string, string][]; action: string }): string {
  const own = values.filter(([name]) => !OWN_PARAM.test(name) && name !== 'action');
  const lines: [string, string][] = [['action', action], ...plugOf(target, values), ...own];
  // A value with a line break would be read as two.
  return lines.map(([name, value]) => `${name}=${value.replace(/[\r\n]/g, ' ')}\n`).join('');
}

/** As the fencer names the node to the agent (pacemaker-fenced(7), `pcmk_host_argument`); what is configured stays. */
function plugOf(target: AgentRequest['target'], values: readonly [string, string][]): [string, string][] {
  if (target === undefined) return [];
  const argument = values.find(([name]) => name === 'pcmk_host_argument')?.[1];
  const isNamed = values.some(([name]) => name === 'plug' || name === 'port');
  const name: [string, string] = ['nodename', target.node];
  if (argument === 'none' || isNamed) return [name];
  // Old agents know `port`, new ones `plug`; each leaves the other alone.
  const names = argument === undefined ? ['plug', 'port'] : [argument];
  return [name, ...names.map((each): [string, string] => [each, target.plug])];
}

async function timed(
  { clock }: ReadOptions,
  work: () => Promise<{ outcome: Tried['outcome']; text: string; power: Tried['power'] }>,
): Promise<Tried> {
  const begin = clock.monotonicMs();
  const taken = (): number => Math.round(clock.monotonicMs() - begin);
  try {
    const tried = await work();
    return { ...tried, tookMs: taken() };
  } catch (error) {
    if (!hasCode(error, 'command-timeout', ...UNREACHED)) throw error;
    const outcome = hasCode(error, 'command-timeout') ? 'failed' : 'unproven';
    return { outcome, tookMs: taken(), text: error.message, power: undefined };
  }
}

function textOf(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

/** Agents repeat what they were given when they complain. */
function hidden(text: string, params: readonly DeviceParam[]): string {
  return params.reduce((told, { value }) => {
    const secret = value instanceof Secret ? value.reveal() : '';
    return secret === '' ? told : told.replaceAll(secret, '[hidden]');
  }, text);
}

function failed(program: string, answer: ToolAnswer): AppError {
  return statusError(program, { code: answer.exitCode, message: saidOf(answer), errors: [] });
}

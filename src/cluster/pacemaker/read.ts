/** The state of a Pacemaker cluster as one of its machines tells it. */
import { AppError, hasCode } from '../../base/errors.ts';
import type { ClusterState, FencingEvent, Gap } from '../state.ts';
import { UNANSWERED } from '../unanswered.ts';
import type { ConfigurationPart } from './configuration.ts';
import type { CrmMonPart } from './crm-mon.ts';
import { askTool, type ReadOptions, type Seat, saidOf, type ToolAnswer } from './tool.ts';

const CRM_MON = ['crm_mon', '--one-shot', '--inactive', '--output-as=xml'] as const;
/** Pacemaker 1.1 and 2.0.0 to 2.0.2; there, what `--output-as=xml` holds anyway must be asked for. */
const CRM_MON_OLD = [
  'crm_mon',
  '--one-shot',
  '--inactive',
  '--failcounts',
  '--neg-locations',
  '--show-node-attributes',
  '--as-xml',
] as const;
const CONFIGURATION = ['cibadmin', '--query', '--scope', 'configuration'] as const;
const HISTORY = ['stonith_admin', '--history', '*', '--verbose', '--output-as=xml'] as const;
const HISTORY_OLD = ['stonith_admin', '--history', '*', '--verbose'] as const;

/**
 * Asks crm_mon for the state and, at the same time, cibadmin for the constraints.
 * @throws {AppError} `command-missing`, `command-timeout`; `cluster-down`, `cluster-denied`, `cluster-unclear`; what
 * reaching the machine throws
 */
export async function readPacemaker(seat: Seat, options: ReadOptions): Promise<ClusterState> {
  const gaps: Gap[] = [];
  const [monitored, configured] = await Promise.all([
    readMonitor(seat, options),
    orGap(gaps, 'constraints and devices', () => readConfigured(seat, options)),
  ]);
  const { value: fencing } = await readFencing(monitored, { seat, options, gaps });
  const bans = monitored.bans.length > 0 ? monitored.bans : (configured?.bans ?? []);
  return {
    ...monitored,
    atMs: options.clock.nowMs(),
    from: seat.name,
    node: undefined,
    kind: 'pacemaker',
    pings: [],
    links: [],
    moves: configured?.moves ?? [],
    bans,
    fencing,
    filesystems: configured?.filesystems ?? [],
    gaps,
  };
}

async function readMonitor(seat: Seat, options: ReadOptions): Promise<CrmMonPart> {
  const running = askTool(seat, CRM_MON, options);
  // Loaded while the program runs.
  const { EXIT, readCrmMon, statusError } = await import('./crm-mon.ts').catch(async (error) => {
    await Promise.allSettled([running]);
    throw error;
  });
  let answer = await running;
  const program = `crm_mon on ${seat.name}`;
  if (answer.exitCode === EXIT.usage || (answer.exitCode !== 0 && isUnknownOption(answer)))
    answer = await askTool(seat, CRM_MON_OLD, options);
  // A document tells more than the exit code, but must not be believed where the program failed and it says nothing.
  const isTelling = answer.text.includes('<status') || answer.exitCode === 0;
  if (!isTelling) throw statusError(program, { code: answer.exitCode, message: saidOf(answer), errors: [] });
  const part = readCrmMon(answer.text, program);
  if (answer.exitCode !== 0) throw statusError(program, { code: answer.exitCode, message: saidOf(answer), errors: [] });
  return part;
}

function isUnknownOption({ text, errorText }: ToolAnswer): boolean {
  return /unrecognized option|unknown option|invalid option/i.test(`${errorText} ${text.slice(0, 1000)}`);
}

async function readConfigured(seat: Seat, options: ReadOptions): Promise<ConfigurationPart> {
  const running = askTool(seat, CONFIGURATION, options);
  const [answer, { readConfiguration }, { statusError }] = await Promise.all([
    running,
    import('./configuration.ts'),
    import('./crm-mon.ts'),
  ]);
  const program = `cibadmin on ${seat.name}`;
  if (answer.exitCode !== 0) throw statusError(program, { code: answer.exitCode, message: saidOf(answer), errors: [] });
  return readConfiguration(answer.text, program);
}

/** A file has no history. */
async function readFencing(
  { fencing, answer }: CrmMonPart,
  { seat, options, gaps }: { seat: Seat; options: ReadOptions; gaps: Gap[] },
): Promise<{ value: readonly FencingEvent[] | undefined }> {
  if (fencing !== undefined) return { value: fencing };
  if (options.cibFile !== undefined) return { value: undefined };
  return {
    value: await orGap(gaps, 'fencing history', () => readHistory(seat, options, answer.dialect === 'crm_mon')),
  };
}

async function readHistory(seat: Seat, options: ReadOptions, isOld: boolean): Promise<FencingEvent[]> {
  const [answer, { readFencingHistory }, { statusError }] = await Promise.all([
    askTool(seat, isOld ? HISTORY_OLD : HISTORY, options),
    import('./fencing-history.ts'),
    import('./crm-mon.ts'),
  ]);
  const program = `stonith_admin on ${seat.name}`;
  if (answer.exitCode !== 0 && !answer.text.includes('<status'))
    throw statusError(program, { code: answer.exitCode, message: saidOf(answer), errors: [] });
  return readFencingHistory(answer.text, program);
}

async function orGap<T>(gaps: Gap[], what: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    gaps.push({ what, why: error.message });
    return undefined;
  }
}

/** The name that this machine has in its cluster. @throws as `readPacemaker` does */
export async function readNodeName(seat: Seat, options: ReadOptions): Promise<string> {
  const answer = await askTool(seat, ['crm_node', '--name'], options);
  const name = answer.text.trim();
  if (answer.exitCode === 0 && /^\S+$/.test(name)) return name;
  throw new AppError('cluster-down', { detail: `crm_node on ${seat.name}: ${saidOf(answer) || 'no name'}` });
}

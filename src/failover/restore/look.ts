/** What is on a node now: whether it answers, what runs there, its files, and what its cluster says. */
import { CLUSTER_READ_MS_MAX } from '../../base/cluster-limits.ts';
import { hasCode } from '../../base/errors.ts';
import { cib, live, type pacemaker, pacemakerAct, type state, UNANSWERED, UNREACHED } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import { CIB_FILE, CONFIGURATION_ITEMS, HEARTBEAT_CIB, itemOf } from '../capture/items.ts';
import { type ReadNode, readNodeFiles } from '../capture/read.ts';

export interface LookOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Paths to look at beside the usual ones: a key that lies elsewhere. */
  more?: readonly string[];
}

export interface NodeLook {
  /** As the record calls it. */
  name: string;
  /** `silent`: nothing answers. `mute`: something answers, and cannot be asked, so the node may well live. */
  answer: 'answers' | 'mute' | 'silent';
  /** Why it does not answer. */
  why: string | undefined;
  /** Undefined when it does not answer. */
  read: ReadNode | undefined;
  /** Names of the daemons of a cluster that run there: `corosync`, `pacemakerd`, `heartbeat`. */
  daemons: ReadonlySet<string>;
  /** Undefined where no cluster answers; `stateWhy` says why. */
  state: state.ClusterState | undefined;
  stateWhy: string | undefined;
  /** The live CIB; undefined where there is none. */
  live: cib.XmlDocument | undefined;
}

/** Processes that are no more than an entry in the table count as gone (proc_pid_stat(5)). */
const PROCESSES = 'cat /proc/[0-9]*/stat 2>/dev/null; echo end';
const DAEMONS = ['corosync', 'pacemakerd', 'heartbeat'];

/** @throws only the abort signal's reason, and bugs: what cannot be seen is told in the result */
export async function lookAt(seat: pacemaker.Seat, options: LookOptions): Promise<NodeLook> {
  const { name } = seat;
  const paths = [
    ...CONFIGURATION_ITEMS.map(({ path }) => path),
    ...(options.more ?? []).filter((path) => itemOf(path) === undefined),
  ];
  const read = { timeLimitMs: CLUSTER_READ_MS_MAX, signal: options.signal };
  try {
    const [files, daemons] = await Promise.all([readNodeFiles(seat, paths, read), daemonsOn(seat, options)]);
    const told = daemons.size === 0 ? NOTHING_RUNS : await askCluster(seat, options);
    return { name, answer: 'answers', why: undefined, read: files, daemons, ...told };
  } catch (error) {
    if (!hasCode(error, ...UNREACHED, 'cluster-unclear')) throw error;
    const answer = hasCode(error, 'host-unreachable') ? 'silent' : 'mute';
    return { name, answer, why: error.message, read: undefined, daemons: new Set(), ...NOTHING_RUNS };
  }
}

const NOTHING_RUNS = { state: undefined, stateWhy: 'no cluster runs there', live: undefined };

/** @throws {AppError} `cluster-unclear`, and what running a program there throws */
export async function daemonsOn(seat: pacemaker.Seat, options: LookOptions): Promise<Set<string>> {
  const { text } = await live.runTool(seat, ['sh', '-c', PROCESSES], options);
  const running = [...text.matchAll(/^\d+ \((.*)\) ([A-Za-z]) /gm)].filter(
    ([, , status]) => status !== 'Z' && status !== 'X',
  );
  return new Set(running.map(([, comm]) => comm!).filter((comm) => DAEMONS.includes(comm)));
}

async function askCluster(
  seat: pacemaker.Seat,
  options: LookOptions,
): Promise<Pick<NodeLook, 'state' | 'stateWhy' | 'live'>> {
  try {
    const state = await live.readState(seat, options);
    const document = state.kind === 'pacemaker' ? await pacemakerAct.readLiveCib(seat, options) : undefined;
    return { state, stateWhy: undefined, live: document };
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return { state: undefined, stateWhy: error.message, live: undefined };
  }
}

/** Resources, constraints or levels of fencing: what somebody configured. Undefined for a text that is no CIB. */
export function isConfigured(document: cib.XmlDocument): boolean {
  const told = cib.readCib(document);
  return told.resources.length + told.constraints.length + told.fencingLevels.length > 0;
}

/** The CIB that lies on the disk of a node; `damaged` when it cannot be read, and then nobody knows what it says. */
export function cibOnDisk(read: ReadNode): cib.XmlDocument | 'damaged' | undefined {
  const file = read.files.find(({ path }) => path === CIB_FILE || path === HEARTBEAT_CIB);
  if (file === undefined)
    return read.unreadable.some(({ path }) => path === CIB_FILE || path === HEARTBEAT_CIB) ? 'damaged' : undefined;
  try {
    const document = cib.parseXml(file.bytes.toString(), file.path);
    cib.readCib(document);
    return document;
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    return 'damaged';
  }
}

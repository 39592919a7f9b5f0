/** Takes everything that a node gives, a few things at a time, each with limits. */

import {
  BUNDLE_CIBS_MAX,
  BUNDLE_ITEM_BYTES_MAX,
  BUNDLE_ITEM_MS_MAX,
  BUNDLE_NODE_BYTES_MAX,
  BUNDLE_SIDE_BY_SIDE,
} from '../../base/cluster-limits.ts';
import { type AppError, type ErrorCode, hasCode } from '../../base/errors.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { heartbeat, mmp, pacemaker } from '../../cluster.ts';
import type { Clock, Processes } from '../../host.ts';
import { BUNDLE_ITEMS, type BundleItem, CIB_HISTORY, historyItems, LEFT_OUT, type Redaction } from './items.ts';

export interface BundleHost {
  name: string;
  processes: Processes;
  clock: Clock;
}

export interface BundleFile {
  name: string;
  text: string;
  redaction: Redaction;
  /** It was longer: only its end is here. */
  isCut: boolean;
}

export interface BundleNode {
  name: string;
  isReached: boolean;
  /** With secrets still in them. */
  files: readonly BundleFile[];
  missing: readonly Missing[];
}

export interface Missing {
  what: string;
  why: string;
  /** As on most nodes: there is no such file, or no such program. */
  isAbsent: boolean;
  /** Left out on purpose. */
  isChosen: boolean;
}

const UNREACHED: readonly ErrorCode[] = ['host-unreachable', 'host-refused'];
const UNREADABLE: readonly ErrorCode[] = ['command-timeout', 'command-failed', 'command-missing'];
const DEVICE_TROUBLE: readonly ErrorCode[] = [...UNREADABLE, 'device-failed', 'storage-denied'];

/** @throws only the abort signal's reason, and bugs: what cannot be had is in the result */
export async function gatherNode(
  host: BundleHost,
  { signal, onItem = () => {} }: { signal: AbortSignal; onItem?: (name: string) => void },
): Promise<BundleNode> {
  const taking = new Taking(host, signal);
  try {
    const takeAll = async (items: readonly BundleItem[]): Promise<void> =>
      await forEachLimited(items, { width: BUNDLE_SIDE_BY_SIDE, signal }, async (item, own) => {
        await taking.take(item, own);
        onItem(item.name);
      });
    await takeAll(BUNDLE_ITEMS);
    await takeAll(historyItems(await taking.list(CIB_HISTORY), BUNDLE_CIBS_MAX));
    await taking.takeDevices();
  } catch (error) {
    // It may also die in the middle: what was had is kept.
    if (!hasCode(error, ...UNREACHED)) throw error;
    const what = taking.files.length === 0 ? 'everything' : 'the rest';
    taking.miss(what, error);
  }
  const left = taking.files.length === 0 ? [] : LEFT_OUT.map((each) => ({ ...each, isAbsent: false, isChosen: true }));
  const files = taking.files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const missing = taking.missing.toSorted((a, b) => (a.what < b.what ? -1 : 1));
  return { name: host.name, isReached: files.length > 0, files, missing: [...missing, ...left] };
}

class Taking {
  readonly files: BundleFile[] = [];
  readonly missing: Missing[] = [];
  readonly #host: BundleHost;
  readonly #signal: AbortSignal;
  #bytes = 0;

  constructor(host: BundleHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  miss(what: string, error: AppError): void {
    this.missing.push({ what, why: error.message, isAbsent: hasCode(error, 'command-missing'), isChosen: false });
  }

  async take({ name, redaction, from }: BundleItem, signal: AbortSignal): Promise<void> {
    const what = 'path' in from ? from.path : from.call.join(' ');
    if (this.#bytes >= BUNDLE_NODE_BYTES_MAX) {
      this.missing.push({
        what,
        why: 'the bundle holds as much of this node as it may',
        isAbsent: false,
        isChosen: false,
      });
      return;
    }
    const call =
      'path' in from ? (['tail', '-c', `${BUNDLE_ITEM_BYTES_MAX + 1}`, '--', from.path] as const) : from.call;
    try {
      const { exitCode, text, errorText } = await this.#run(call, signal);
      if ('path' in from && exitCode !== 0) this.#missFile(from.path, errorText);
      else this.#add({ name, redaction, text: saidBy({ exitCode, text, errorText }, from) });
    } catch (error) {
      if (!hasCode(error, ...UNREADABLE)) throw error;
      this.miss(what, error);
    }
  }

  /** Names in a folder, newest first; none where there is no such folder. */
  async list(folder: string): Promise<string> {
    try {
      const { exitCode, text, errorText } = await this.#run(['ls', '-1t', '--', folder], this.#signal);
      if (exitCode === 0) return text;
      this.#missFile(folder, errorText);
    } catch (error) {
      if (!hasCode(error, ...UNREADABLE)) throw error;
      this.miss(folder, error);
    }
    return '';
  }

  /** The multiple-mount protection of every file system that the cluster mounts. */
  async takeDevices(): Promise<void> {
    for (const device of devicesIn(this.files)) {
      try {
        const reading = await mmp.readMmp(this.#host, device, this.#signal);
        const name = `mmp/${device.slice(1).replaceAll('/', '_')}.json`;
        this.#add({ name, redaction: 'plain', text: `${JSON.stringify(reading, bigintText, 2)}\n` });
      } catch (error) {
        if (!hasCode(error, ...DEVICE_TROUBLE)) throw error;
        this.missing.push({ what: `MMP of ${device}`, why: error.message, isAbsent: false, isChosen: false });
      }
    }
  }

  #add({ text, ...file }: Omit<BundleFile, 'isCut'>): void {
    const isCut = text.length > BUNDLE_ITEM_BYTES_MAX;
    // The first line of what was cut is half a line.
    const kept = isCut ? text.slice(text.indexOf('\n', text.length - BUNDLE_ITEM_BYTES_MAX) + 1) : text;
    this.#bytes += kept.length;
    this.files.push({ ...file, text: kept, isCut });
  }

  #missFile(what: string, errorText: string): void {
    const isAbsent = /No such file or directory/.test(errorText);
    const why = isAbsent ? 'not there' : errorText.split('\n')[0]!.replace(/^\w+: /, '');
    this.missing.push({ what, why, isAbsent, isChosen: false });
  }

  async #run(call: readonly [string, ...string[]], signal: AbortSignal): Promise<pacemaker.ToolAnswer> {
    const { clock } = this.#host;
    return await pacemaker.runTool(this.#host, call, { clock, signal, timeLimitMs: BUNDLE_ITEM_MS_MAX });
  }
}

/** Programs that tell of trouble end with it too; what they said is what is wanted. */
function saidBy({ exitCode, text, errorText }: pacemaker.ToolAnswer, from: BundleItem['from']): string {
  if ('path' in from) return text;
  const parts = exitCode === 0 ? [text || errorText] : [text, errorText, `(exit code ${exitCode})`];
  return parts.filter((part) => part !== '').join('\n');
}

/** A cluster that is down still has its CIB on disk, and Heartbeat mounts what stands in haresources. */
function devicesIn(files: readonly BundleFile[]): Set<string> {
  const devices = files.flatMap(({ name, text }) => {
    if (name === 'cib-live.xml' || name === 'var/lib/pacemaker/cib/cib.xml') return devicesOfCib(text);
    return name === 'etc/ha.d/haresources' ? devicesOfGroups(text) : [];
  });
  return new Set(devices.filter((device) => /^\/(?!\/)/.test(device)));
}

function devicesOfCib(text: string): string[] {
  try {
    const found = text === '' ? [] : pacemaker.readConfiguration(text).filesystems;
    return found.map(({ device }) => device);
  } catch (error) {
    // The CIB itself is in the bundle for whoever can make something of it.
    if (!hasCode(error, 'cluster-unclear')) throw error;
    return [];
  }
}

function devicesOfGroups(text: string): string[] {
  const resources = heartbeat.parseHaresources(text).groups.flatMap((group) => group.resources);
  return resources.flatMap(({ script, params: [device = ''] }) => (script === 'Filesystem' ? [device] : []));
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

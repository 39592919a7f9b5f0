/** Hosts for tests: devices are bytes that the test may change, and programs are played. */
import { type Clock, simulated } from '../../host.ts';
import type { MmpHost } from './device.ts';

export interface SampleDevice {
  bytes: Uint8Array;
  mounts?: readonly string[];
  holders?: readonly string[];
  claim?: 'free' | 'busy' | 'unknown';
  /** `BOOT NAME`; that of the host when absent. */
  machine?: string;
  /** Thrown by whatever asks for the device. */
  error?: Error;
}

export interface SampleHost extends MmpHost {
  /** tune2fs as it was called, its arguments joined. */
  readonly tool: string[];
  /** How often any device was read. */
  readonly reads: number;
}

export interface SampleHostOptions {
  name?: string;
  clock: Clock;
  /** Called for each run of tune2fs; what it returns is the exit code. */
  onTool?(): number;
  /** Called before each read, with its number from 1. */
  onRead?(count: number): void;
}

export function sampleHost(devices: Record<string, SampleDevice>, options: SampleHostOptions): SampleHost {
  const { name = 'local', clock, onTool = () => 0, onRead = () => undefined } = options;
  const tool: string[] = [];
  let reads = 0;
  const answer = ({ command, args }: simulated.ProcessCall): simulated.ScriptedAnswer | undefined => {
    if (command === 'tune2fs') {
      tool.push(args.join(' '));
      const exitCode = onTool();
      return { exitCode, ...(exitCode === 0 ? {} : { output: 'tune2fs 1.47\n', errorText: 'no such luck\n' }) };
    }
    if (command !== 'sh') return undefined;
    const [, , kind, path = '', skip, count] = args;
    const device = devices[path];
    if (device?.error !== undefined) throw device.error;
    if (device === undefined) return { exitCode: 81 };
    if (kind === 'holdfast-uses') return { output: usesText({ machine: `boot-${name} ${name}`, ...device }) };
    reads++;
    onRead(reads);
    const from = Number(skip) * 4096;
    return { output: device.bytes.subarray(from, from + Number(count) * 4096) };
  };
  return {
    name,
    clock,
    processes: simulated.scriptedProcesses(answer),
    tool,
    get reads() {
      return reads;
    },
  };
}

function usesText({ mounts = [], holders = [], claim = 'free', machine }: SampleDevice): string {
  const lines = [
    ...mounts.map((at) => `mount ${at}`),
    ...holders.map((each) => `holder ${each}`),
    `machine ${machine}`,
    `claim ${claim}`,
  ];
  return `${lines.join('\n')}\nend\n`;
}

/** `drbdsetup status --json` of DRBD 9, and `/proc/drbd` of DRBD 8. */
import { AppError } from '../../base/errors.ts';
import type { DrbdPeer, DrbdPeerVolume, DrbdResource } from './model.ts';

/** @throws {AppError} `cluster-unclear` for anything that is not such a document */
export function parseStatusJson(text: string, program = 'drbdsetup status'): DrbdResource[] {
  return listOf(parsed(text, program), program).map((value) => {
    const resource = recordOf(value, program);
    const word = (name: string): string => wordOf(resource, name, program);
    const devices = listOf(resource['devices'] ?? [], program).map((each) => recordOf(each, program));
    return {
      name: word('name'),
      role: word('role'),
      disks: devices
        .filter((device) => device['client'] !== true)
        .map((device) => wordOf(device, 'disk-state', program)),
      peers: listOf(resource['connections'] ?? [], program).map((each) => peerOf(recordOf(each, program), program)),
    };
  });
}

function peerOf(connection: Fields, program: string): DrbdPeer {
  const volumes = listOf(connection['peer_devices'] ?? [], program).map((each): DrbdPeerVolume => {
    const volume = recordOf(each, program);
    const differing = volume['out-of-sync'];
    return {
      replication: wordOf(volume, 'replication-state', program),
      disk: wordOf(volume, 'peer-disk-state', program),
      outOfSyncKib: typeof differing === 'number' ? differing : undefined,
      isClient: volume['peer-client'] === true,
    };
  });
  const name = connection['name'];
  return {
    name: typeof name === 'string' ? name : undefined,
    role: wordOf(connection, 'peer-role', program),
    connection: wordOf(connection, 'connection-state', program),
    volumes,
  };
}

/** ` 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----`, and below `… oos:0`. */
const DEVICE = /^\s*(\d+): cs:(\S+)(?: (?:ro|st):([^/\s]+)\/(\S+) ds:([^/\s]+)\/(\S+))?/;
const DIFFERING = /\boos:(\d+)/;
/** While both sides are connected and nothing is to be copied, DRBD 8 says this alone (proc/drbd, `cs`). */
const IN_STEP = 'Connected';
/** States in which the peer is heard, and something is being copied or compared. */
const HEARD =
  /^(?:Connected|SyncSource|SyncTarget|PausedSync[ST]|Verify[ST]|StartingSync[ST]|WFBitMap[ST]|WFSyncUUID|Ahead|Behind)$/;

/**
 * @param minors of each resource, by its name; a resource has one for each volume
 * @throws {AppError} `cluster-unclear` when the file is none, or a minor is not in it
 */
export function parseProcDrbd(text: string, minors: ReadonlyMap<string, readonly number[]>): DrbdResource[] {
  if (!/^version: 8\./m.test(text)) throw unclear('/proc/drbd', 'tells of no version 8');
  const devices = new Map<number, Device>();
  let last: Device | undefined;
  for (const line of text.split('\n')) {
    const found = DEVICE.exec(line);
    if (found !== null) {
      const [, minor, connection = '', role = '', peerRole = '', disk = '', peerDisk = ''] = found;
      last = { connection, role, peerRole, disk, peerDisk, outOfSyncKib: undefined };
      devices.set(Number(minor), last);
    }
    const differing = DIFFERING.exec(line)?.[1];
    if (last !== undefined && differing !== undefined) last.outOfSyncKib = Number(differing);
  }
  return [...minors].map(([name, own]) => {
    const volumes = own.map((minor) => devices.get(minor));
    if (volumes.length === 0 || volumes.includes(undefined))
      throw unclear('/proc/drbd', `does not tell of all volumes of ${name}`);
    return resourceOf(name, volumes as Device[]);
  });
}

interface Device {
  connection: string;
  role: string;
  peerRole: string;
  disk: string;
  peerDisk: string;
  outOfSyncKib: number | undefined;
}

function resourceOf(name: string, volumes: readonly Device[]): DrbdResource {
  const [first] = volumes as readonly [Device];
  const silent = volumes.find(({ connection }) => !HEARD.test(connection));
  const peer: DrbdPeer = {
    name: undefined,
    role: first.peerRole,
    connection: silent?.connection ?? 'Connected',
    volumes: volumes.map(({ connection, peerDisk, outOfSyncKib }) => ({
      replication: connection === IN_STEP ? 'Established' : connection,
      disk: peerDisk,
      outOfSyncKib,
      isClient: false,
    })),
  };
  return { name, role: first.role, disks: volumes.map(({ disk }) => disk), peers: [peer] };
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string, program: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unclear(program, 'printed what is no JSON');
  }
}

function listOf(value: unknown, program: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unclear(program, 'printed a document of another form');
}

function recordOf(value: unknown, program: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unclear(program, 'printed a document of another form');
}

function wordOf(fields: Fields, name: string, program: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw unclear(program, `tells no ${name}`);
}

function unclear(program: string, detail: string): AppError {
  return new AppError('cluster-unclear', { detail: `${program} ${detail}` });
}

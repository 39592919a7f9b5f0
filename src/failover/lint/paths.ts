/** The ways that heartbeats take. */
import { heartbeat } from '../../cluster.ts';
import { placeOf } from './facts.ts';
import type { Configuration, Remark } from './model.ts';

export function pathAbsent(configuration: Configuration): Remark[] {
  if (configuration.settings.media.length > 0) return [];
  return [
    {
      level: 'error',
      place: placeOf(configuration),
      text: 'no heartbeat path: Heartbeat does not start',
      remedy: 'Add bcast, ucast or mcast lines over two networks.',
    },
  ];
}

/** Two media on one interface, or on VLANs and aliases of it, are one path: they fail together. */
export function pathSingle(configuration: Configuration): Remark[] {
  const { media } = configuration.settings;
  const devices = [...new Set(media.map(({ args: [device = ''] }) => baseOf(device)))].filter((each) => each !== 'lo');
  if (media.length === 0 || devices.length > 1) return [];
  const [device] = devices;
  const what = device === undefined ? 'the loopback interface is no path' : `all heartbeats go over ${device}`;
  return [
    {
      level: 'warning',
      place: media.at(-1)!.place,
      text: `${what}: when it fails, both nodes take all resources`,
      remedy: 'Add a path over another interface, another cable and another switch, or a serial line.',
    },
  ];
}

/** Media read the port as it is when they are read (ha.cf(5), udpport). */
export function portLate(configuration: Configuration): Remark[] {
  const directives = heartbeat.directivesOf(configuration.cf);
  const port = directives.findLast(({ name }) => name === 'udpport');
  const early = directives.find(({ name }) => ['bcast', 'udp', 'ucast', 'ucast6'].includes(name));
  if (port === undefined || early === undefined || early.place.line > port.place.line) return [];
  return [
    {
      level: 'warning',
      place: port.place,
      text: `udpport stands after ${early.name} on line ${early.place.line}, which may use the default port`,
      remedy: 'Move udpport before all of bcast and ucast.',
    },
  ];
}

/** ipfail is what acts on them. */
export function pingUnused({ settings }: Configuration): Remark[] {
  const [first] = settings.ping;
  const isManaged = settings.crm !== undefined && settings.crm !== 'off';
  const isUsed = settings.respawn.some(({ command }) => command[0]?.endsWith('/ipfail'));
  if (first === undefined || isManaged || isUsed) return [];
  return [
    {
      level: 'warning',
      place: first.place,
      text: 'ping nodes are given, but nothing acts on them: a node that lost its network keeps its resources',
      remedy: 'Add: respawn hacluster /usr/lib/heartbeat/ipfail',
    },
  ];
}

/** `eth0` of `eth0:1`, `eth0.20` and `eth0.20:1`. */
function baseOf(device: string): string {
  return device.startsWith('/') ? device : device.replace(/[:.].*$/, '');
}

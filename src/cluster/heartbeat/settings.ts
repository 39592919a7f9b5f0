/** What the directives of `ha.cf` mean. Values that Heartbeat would refuse count as not given. */
import { parseBoolean } from './boolean.ts';
import { parseDuration } from './duration.ts';
import { directivesOf } from './ha-cf.ts';
import type { HaCf, HaDirective, HaMedium, HaPing, HaSettings, StonithLine } from './model.ts';

/** Defaults of Heartbeat 3 (`heartbeat -D`), in milliseconds. */
export const HA_DEFAULTS = { keepaliveMs: 1000, deadtimeMs: 30_000, udpPort: 694 } as const;

export function settingsOf(cf: HaCf): HaSettings {
  const directives = directivesOf(cf);
  const all = (...names: string[]): HaDirective[] => directives.filter(({ name }) => names.includes(name));
  const last = (...names: string[]): string | undefined =>
    all(...names)
      .at(-1)
      ?.args.at(-1);
  const time = (name: string): number | undefined => parsed(last(name), parseDuration);
  const bool = (name: string): boolean | undefined => parsed(last(name), parseBoolean);
  return {
    // Heartbeat knows nodes by their names in small letters.
    nodes: [...new Set(all('node').flatMap(({ args }) => args.map((name) => name.toLowerCase())))],
    keepaliveMs: time('keepalive'),
    warntimeMs: time('warntime'),
    deadtimeMs: time('deadtime'),
    initdeadMs: time('initdead'),
    deadpingMs: time('deadping'),
    autoFailback: failbackOf(directives),
    udpPort: parsed(last('udpport'), wholeNumber),
    media: directives.flatMap(mediaOf),
    ping: directives.flatMap(pingsOf),
    stonith: directives.flatMap(stonithOf),
    crm: parsed(last('crm', 'pacemaker'), crmOf),
    respawn: all('respawn').flatMap(({ args: [user, ...command], place }) =>
      user === undefined ? [] : [{ user, command, place }],
    ),
    apiauth: all('apiauth').flatMap(({ args: [service, ...allow], place }) =>
      service === undefined ? [] : [{ service, allow, place }],
    ),
    watchdog: last('watchdog'),
    compression: last('compression'),
    logFacility: last('logfacility'),
    logFile: last('logfile'),
    debugFile: last('debugfile'),
    useLogd: bool('use_logd'),
    baud: parsed(last('baud'), wholeNumber),
    realtime: bool('realtime'),
    autojoin: parsed(last('autojoin'), autojoinOf),
  };
}

function parsed<T>(word: string | undefined, parse: (word: string) => T | undefined): T | undefined {
  return word === undefined ? undefined : parse(word);
}

function wholeNumber(word: string): number | undefined {
  return /^\d+$/.test(word) ? Number(word) : undefined;
}

/** `nice_failback on` of Heartbeat 1 is `auto_failback off`, and `off` of it is `legacy`. */
function failbackOf(directives: readonly HaDirective[]): HaSettings['autoFailback'] {
  const given = directives.findLast(({ name }) => name === 'auto_failback' || name === 'nice_failback');
  const word = given?.args.at(-1);
  if (given === undefined || word === undefined) return undefined;
  const isOn = parseBoolean(word);
  if (given.name === 'nice_failback') return isOn === undefined ? undefined : isOn ? 'off' : 'legacy';
  if (isOn !== undefined) return isOn ? 'on' : 'off';
  return word.toLowerCase() === 'legacy' ? 'legacy' : undefined;
}

/** `failfast` restarts like `respawn`, and reboots when it cannot. */
function crmOf(word: string): HaSettings['crm'] {
  const lower = word.toLowerCase();
  if (lower === 'respawn' || lower === 'manual') return lower;
  if (lower === 'failfast') return 'respawn';
  const isOn = parseBoolean(word);
  return isOn === undefined ? undefined : isOn ? 'on' : 'off';
}

function autojoinOf(word: string): HaSettings['autojoin'] {
  const lower = word.toLowerCase();
  return lower === 'none' || lower === 'other' || lower === 'any' ? lower : undefined;
}

function mediaOf({ name, args, place }: HaDirective): HaMedium[] {
  if (args.length === 0) return [];
  switch (name) {
    case 'bcast':
    case 'udp':
      return args.map((device) => ({ kind: 'bcast', args: [device], place }));
    case 'serial':
      return args.map((device) => ({ kind: 'serial', args: [device], place }));
    case 'ucast':
    case 'mcast':
    case 'mcast6':
      return [{ kind: name, args, place }];
    case 'ucast6':
      return [{ kind: 'other', args, place }];
    default:
      return [];
  }
}

function pingsOf({ name, args, place }: HaDirective): HaPing[] {
  if (name === 'ping_group') {
    const [group, ...addresses] = args;
    return group === undefined ? [] : [{ kind: 'ping_group', name: group, addresses, place }];
  }
  const kind = name === 'hbaping' ? 'hbaping' : 'ping';
  if (!['ping', 'ping6', 'hbaping'].includes(name)) return [];
  return args.map((address) => ({ kind, name: address, addresses: [address], place }));
}

function stonithOf({ name, args, place }: HaDirective): StonithLine[] {
  if (name === 'stonith') {
    const [plugin, ...rest] = pluginFirst(args);
    return plugin === undefined
      ? []
      : [{ from: '*', plugin, params: [], configFile: rest.join(' ') || undefined, place }];
  }
  if (name !== 'stonith_host') return [];
  const [from, ...words] = args;
  const [plugin, ...params] = pluginFirst(words);
  if (from === undefined || plugin === undefined) return [];
  return [{ from: from.toLowerCase(), plugin, params, configFile: undefined, place }];
}

/** `external foo` of old files is `external/foo`. */
function pluginFirst([first, ...rest]: readonly string[]): string[] {
  if (first === undefined) return [];
  return first === 'external' && rest[0] !== undefined ? [`external/${rest[0]}`, ...rest.slice(1)] : [first, ...rest];
}

/**
 * Every directive that Heartbeat 2 and 3 know (ha.cf(5), `heartbeat -D`, and the directives of its communication plugins),
 * and what their values must look like.
 */
import { parseBoolean } from './boolean.ts';
import { parseDuration } from './duration.ts';

export interface DirectiveRule {
  /** Words are separated by white space and commas; those of a `line` by white space only. */
  readonly form: 'values' | 'line';
  /** How many words there must be; no upper bound where the second is absent. */
  readonly count: readonly [number, number?];
  /** What is wrong with the words, as a phrase; undefined when nothing is. Must not repeat words that may be secret. */
  readonly check?: (words: readonly string[]) => string | undefined;
  /** Heartbeat refuses a second one. */
  readonly isOnce?: true;
  /** How it is written. */
  readonly usage: string;
}

const FACILITIES =
  'auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7 none';
const BAUDS = '9600 19200 38400 57600 115200 230400 460800';

const time = (least = 0): DirectiveRule => ({
  form: 'values',
  count: [1, 1],
  usage: 'SECONDS or MILLISECONDSms',
  check: ([word = '']) => {
    const ms = parseDuration(word);
    if (ms === undefined) return `${word} is no time`;
    return ms < least ? `${word} is too short` : undefined;
  },
});

const whole = (least: number, most = Number.MAX_SAFE_INTEGER): DirectiveRule => ({
  form: 'values',
  count: [1, 1],
  usage: most === Number.MAX_SAFE_INTEGER ? `NUMBER, from ${least}` : `NUMBER, ${least} to ${most}`,
  check: ([word = '']) => {
    const isRight = /^\d+$/.test(word) && Number(word) >= least && Number(word) <= most;
    return isRight ? undefined : `${word} is no number from ${least}${most < 1e6 ? ` to ${most}` : ''}`;
  },
});

const oneOf = (choices: string, { bool = false, anyCase = false } = {}): DirectiveRule => ({
  form: 'values',
  count: [1, 1],
  usage: [...(bool ? ['on', 'off'] : []), ...choices.split(' ').filter(Boolean)].join(' | '),
  check: ([word = '']) => {
    const known = choices.split(' ').includes(anyCase ? word.toLowerCase() : word);
    return known || (bool && parseBoolean(word) !== undefined) ? undefined : `${word} is not known`;
  },
});

const yesNo = oneOf('', { bool: true });
const text = (usage: string): DirectiveRule => ({ form: 'values', count: [1, 1], usage });
const list = (usage: string): DirectiveRule => ({ form: 'values', count: [1], usage });
const once = (rule: DirectiveRule): DirectiveRule => ({ ...rule, isOnce: true });

const pacemaker = once(oneOf('respawn manual failfast', { bool: true, anyCase: true }));

const multicast = (isGroup: (address: string) => boolean, hopsMax: number): DirectiveRule => ({
  form: 'line',
  count: [5, 5],
  usage: 'DEVICE GROUP PORT TTL LOOP',
  check: ([, group = '', port = '', hops = '', loop = '']) => {
    if (!isGroup(group)) return `${group} is no multicast address`;
    if (!(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) return `${port} is no port`;
    if (!(/^\d+$/.test(hops) && Number(hops) <= hopsMax)) return `${hops} is no TTL from 0 to ${hopsMax}`;
    return loop === '0' || loop === '1' ? undefined : `the loop flag is ${loop}, not 0 or 1`;
  },
});

const isClassD = (address: string): boolean => /^(?:22[4-9]|23\d)(?:\.\d{1,3}){3}$/.test(address);
const isMulticast6 = (address: string): boolean => /^ff[0-9a-f]{2}:/i.test(address);

export const DIRECTIVES: Readonly<Record<string, DirectiveRule>> = {
  node: list('NAME…'),
  keepalive: time(1),
  warntime: time(1),
  deadtime: time(),
  initdead: time(),
  deadping: time(),
  conn_logd_time: time(1),
  auto_failback: oneOf('legacy', { bool: true, anyCase: true }),
  nice_failback: yesNo,
  udpport: whole(1, 65_535),
  baud: once(oneOf(BAUDS)),
  bcast: list('DEVICE…'),
  udp: list('DEVICE…'),
  serial: list('/dev/TTY…'),
  ucast: { form: 'line', count: [2, 2], usage: 'DEVICE ADDRESS' },
  ucast6: { form: 'line', count: [2, 2], usage: 'DEVICE ADDRESS' },
  mcast: multicast(isClassD, 255),
  mcast6: multicast(isMulticast6, 255),
  ping: list('ADDRESS…'),
  ping6: list('ADDRESS…'),
  ping_group: { form: 'line', count: [2], usage: 'NAME ADDRESS…' },
  hbaping: list('ADAPTER…'),
  stonith: { form: 'line', count: [1], usage: 'TYPE FILE' },
  stonith_host: { form: 'line', count: [2], usage: 'NODE|* TYPE PARAMETER…' },
  respawn: {
    form: 'line',
    count: [2],
    usage: 'USER /PATH/PROGRAM ARGUMENT…',
    check: ([, command = '']) => (command.startsWith('/') ? undefined : 'the program has no full path'),
  },
  apiauth: { form: 'line', count: [2, 3], usage: 'SERVICE uid=USER,… gid=GROUP,…', check: apiauthProblem },
  crm: pacemaker,
  pacemaker,
  crm_daemon_dir: text('/PATH'),
  crmd_spawns_pengine: yesNo,
  watchdog: once(text('/dev/watchdog')),
  compression: oneOf('zlib bz2'),
  compression_threshold: whole(1),
  traditional_compression: yesNo,
  logfacility: oneOf(FACILITIES, { anyCase: true }),
  logfile: text('/PATH'),
  debugfile: text('/PATH'),
  use_logd: yesNo,
  debug: whole(0, 255),
  syslogmsgfmt: yesNo,
  log_badpack: yesNo,
  realtime: yesNo,
  rtprio: whole(1, 99),
  memreserve: whole(0),
  coredumps: yesNo,
  coreroot: text('/PATH'),
  use_apphbd: yesNo,
  hopfudge: whole(0, 255),
  hbgenmethod: oneOf('time file'),
  uuidfrom: oneOf('file nodename'),
  autojoin: oneOf('none other any', { anyCase: true }),
  msgfmt: oneOf('classic netstring'),
  max_rexmit_delay: whole(1),
  env: { ...list('NAME=VALUE…'), check: (words) => (words.every((word) => /^[^=]+=/.test(word)) ? undefined : 'no =') },
  cluster: text('NAME'),
  quorum_server: text('HOST'),
  record_config_changes: yesNo,
  record_pengine_inputs: yesNo,
  enable_config_writes: yesNo,
};

export const DIRECTIVE_NAMES: readonly string[] = Object.keys(DIRECTIVES);

function apiauthProblem([, ...lists]: readonly string[]): string | undefined {
  const kinds = lists.map((word) => word.slice(0, 4));
  if (!kinds.every((kind) => kind === 'uid=' || kind === 'gid=')) return 'only lists of uid= and gid= may follow';
  return new Set(kinds).size < kinds.length ? 'the same kind of list twice' : undefined;
}

/**
 * Units of systemd for those who want no daemon of ours, and one for those who do. As strict as the work allows: a backup
 * reads everything and writes to few places. Pure. systemd.unit(5), systemd.exec(5), systemd.timer(5).
 */
import { type Config, type Secret, when } from '../config.ts';
import { type Subject, subjectsOf } from './schedule.ts';
import { type Needs, needsOf } from './unit-needs.ts';

export interface UnitOptions {
  /** Absolute path of the program. */
  program: string;
  /** Absolute path. */
  configFile: string;
  /** Where they really lie, when links lead there. */
  realPaths?: readonly string[];
}

export interface UnitFile {
  name: string;
  text: string;
}

export const DAEMON_UNIT = 'holdfast.service';

type Lines = [key: string, value: string][];

/** A service and a timer for each schedule of the configuration. @throws {AppError} `config` */
export function timerUnits(config: Config, options: UnitOptions): UnitFile[] {
  return subjectsOf(config, when.parseWhen).flatMap((subject) => {
    const name = unitName(subject);
    return [
      { name: `${name}.service`, text: runService(config, subject, options) },
      { name: `${name}.timer`, text: timer(config, subject) },
    ];
  });
}

/** One service that runs `serve`. */
export function daemonUnit(config: Config, options: UnitOptions): UnitFile {
  const text = unit({
    Unit: [
      ['Description', 'Holdfast: backups that run by themselves'],
      ['Documentation', 'man:systemd.exec(5)'],
      ['Wants', 'network-online.target'],
      ['After', 'network-online.target time-sync.target'],
    ],
    Service: [
      ['Type', 'exec'],
      ['ExecStart', commandLine(options, ['serve'])],
      ['ExecReload', '/bin/kill -HUP $MAINPID'],
      ['Restart', 'on-failure'],
      ['RestartSec', '30s'],
      // A wrong configuration stays wrong until somebody mends it.
      ['RestartPreventExitStatus', '2'],
      // Runs are stopped by the daemon itself, which takes that down; it waits a minute for them.
      ['KillMode', 'mixed'],
      ['TimeoutStopSec', '90s'],
      ...hardening(
        config,
        needsOf(config, {
          plans: Object.keys(config.plans),
          vaults: Object.keys(config.vaults),
          clusters: Object.keys(config.clusters),
          reads: readsOf(options),
        }),
      ),
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
  return { name: DAEMON_UNIT, text };
}

/** The sign after the first word differs, so that a plan `verify-main` and the verification of the vault `main` do not meet. */
export function unitName({ kind, subject }: Pick<Subject, 'kind' | 'subject'>): string {
  return kind === 'backup' ? `holdfast-${subject}` : `holdfast_${kind}-${subject}`;
}

function runService(config: Config, { kind, subject, vault }: Subject, options: UnitOptions): string {
  const args = kind === 'backup' ? ['run', subject] : ['run', `--${kind}`, subject];
  return unit({
    Unit: [
      ['Description', `Holdfast: ${kind} ${subject}`],
      ['Documentation', 'man:systemd.exec(5)'],
      ['Wants', 'network-online.target'],
      ['After', 'network-online.target time-sync.target'],
    ],
    Service: [
      ['Type', 'oneshot'],
      ['ExecStart', commandLine(options, args)],
      // The plan has a time limit of its own.
      ['TimeoutStartSec', 'infinity'],
      ['KillMode', 'mixed'],
      ...hardening(
        config,
        needsOf(config, {
          plans: kind === 'backup' ? [subject] : [],
          vaults: vault === undefined ? [] : [vault],
          clusters: kind === 'fencing' ? [subject] : [],
          reads: readsOf(options),
        }),
      ),
    ],
  });
}

function timer(config: Config, { kind, subject, turns, randomDelayMs, catchUp, windowMs }: Subject): string {
  const values = when.parseWhen(turns.text, turns.timezone ?? config.timezone).toOnCalendar();
  return unit({
    Unit: [['Description', `Holdfast: time of ${kind} ${subject}`]],
    Timer: [
      ...values.map((value): [string, string] => ['OnCalendar', escaped(value)]),
      ...(randomDelayMs > 0
        ? ([
            ['RandomizedDelaySec', `${Math.round(randomDelayMs / 1000)}s`],
            ['FixedRandomDelay', 'true'],
          ] as Lines)
        : []),
      // A minute late is what systemd.timer(5) allows itself otherwise.
      ['AccuracySec', '1s'],
      // What has a window must not begin at any time the machine happens to start.
      ['Persistent', String(catchUp && windowMs === undefined)],
    ],
    Install: [['WantedBy', 'timers.target']],
  });
}

function hardening(config: Config, needs: Needs): Lines {
  return [
    ...credentials(needs.secrets),
    ...(config.stateDirectory.startsWith('/var/lib/')
      ? ([
          ['StateDirectory', path(config.stateDirectory.slice('/var/lib/'.length))],
          ['StateDirectoryMode', '0700'],
        ] as Lines)
      : []),
    ['UMask', '0077'],
    ['Nice', '10'],
    ['IOSchedulingClass', 'best-effort'],
    ['IOSchedulingPriority', '7'],
    ['NoNewPrivileges', 'yes'],
    ['CapabilityBoundingSet', needs.capabilities.join(' ')],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'read-only'],
    ...needs.writablePaths.map((each): [string, string] => ['ReadWritePaths', path(`-${each}`)]),
    // Private directories would be backed up instead of the real ones.
    ...(needs.seesTemporary ? [] : ([['PrivateTmp', 'yes']] as Lines)),
    ...(needs.seesDevices ? [] : ([['PrivateDevices', 'yes']] as Lines)),
    ['ProtectKernelTunables', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectHostname', 'yes'],
    ['LockPersonality', 'yes'],
    ['RestrictNamespaces', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
    ['SystemCallArchitectures', 'native'],
    ['SystemCallFilter', '@system-service'],
    // Calls newer than the filter knows are told as missing, which the program expects, instead of killing it.
    ['SystemCallErrorNumber', 'ENOSYS'],
  ];
}

function readsOf({ program, configFile, realPaths = [] }: UnitOptions): string[] {
  return [program, configFile, ...realPaths];
}

function credentials(secrets: readonly Secret[]): Lines {
  const names = secrets.flatMap((secret) => ('credential' in secret ? [secret.credential] : []));
  return [...new Set(names)].map((name) => ['LoadCredential', path(`${name}:/etc/credstore/${name}`)]);
}

function commandLine({ program, configFile }: UnitOptions, args: readonly string[]): string {
  return [program, ...args, '--config', configFile].map(argument).join(' ');
}

/** An argument of a command line: no variable is put in, and spaces stay within. */
function argument(text: string): string {
  return quote(escaped(text).replaceAll('$', '$$$$'));
}

function path(text: string): string {
  return quote(escaped(text));
}

/** A percent sign begins a specifier. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

function quote(text: string): string {
  if (/^[A-Za-z0-9_@+=:,./%$-]+$/.test(text)) return text;
  const inner = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `"${inner}"`;
}

function unit(sections: Readonly<Record<string, Lines>>): string {
  const parts = Object.entries(sections).map(
    ([name, lines]) => `[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`,
  );
  return `# Written by: holdfast schedule systemd\n${parts.join('\n')}`;
}

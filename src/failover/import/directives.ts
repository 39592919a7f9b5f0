/** The directives of `ha.cf` that decide nothing by themselves: each is named, so that none is dropped in silence. */
import { heartbeat } from '../../cluster.ts';
import type { Notebook } from './model.ts';

/** Told elsewhere: membership, times, groups, pings, fencing. */
const ELSEWHERE = new Set(
  'node keepalive warntime deadtime initdead auto_failback nice_failback bcast udp serial ucast ucast6 mcast mcast6 ping ping6 ping_group hbaping deadping stonith stonith_host crm pacemaker cluster'.split(
    ' ',
  ),
);

const NOTHING = 'nothing';
const OWN_LOG = 'Corosync and Pacemaker write to the system log, Pacemaker also to /var/log/pacemaker/pacemaker.log.';
const OWN_MEMORY = 'Corosync locks its memory and runs in real time by itself (system, sched_rr).';
const OWN_PACKETS = 'Corosync has its own protocol (knet).';

/** Directive to what becomes of it, and why. */
const GONE: Readonly<Record<string, readonly [becomes: string, why: string]>> = {
  udpport: [
    'UDP 5405, one more for each further link',
    'The new cluster must not share a port with the old one. Open them in the firewall between the nodes.',
  ],
  baud: [NOTHING, 'Corosync speaks over networks only.'],
  logfile: ['system log', OWN_LOG],
  debugfile: ['system log', OWN_LOG],
  logfacility: ['daemon', OWN_LOG],
  use_logd: [NOTHING, OWN_LOG],
  conn_logd_time: [NOTHING, OWN_LOG],
  debug: ['debug: off', 'Set PCMK_debug and logging.debug while something is looked for.'],
  syslogmsgfmt: [NOTHING, OWN_LOG],
  log_badpack: [NOTHING, OWN_PACKETS],
  realtime: ['sched_rr: yes', OWN_MEMORY],
  rtprio: [NOTHING, OWN_MEMORY],
  memreserve: [NOTHING, OWN_MEMORY],
  compression: [NOTHING, 'knet can compress, and for packets of this size it costs more than it saves.'],
  compression_threshold: [NOTHING, 'knet can compress, and for packets of this size it costs more than it saves.'],
  traditional_compression: [NOTHING, OWN_PACKETS],
  hopfudge: [NOTHING, OWN_PACKETS],
  hbgenmethod: [NOTHING, OWN_PACKETS],
  uuidfrom: ['nodeid', 'Nodes are told apart by the ids in corosync.conf.'],
  msgfmt: [NOTHING, OWN_PACKETS],
  max_rexmit_delay: [NOTHING, OWN_PACKETS],
  apiauth: [NOTHING, 'Who is in the group haclient may talk to Pacemaker; access lists (acls) say more.'],
  crm_daemon_dir: [NOTHING, 'Pacemaker knows where its programs are.'],
  crmd_spawns_pengine: [NOTHING, 'pacemakerd starts them all.'],
  coredumps: [NOTHING, 'Left to the system: coredumpctl.'],
  coreroot: [NOTHING, 'Left to the system: coredumpctl.'],
  use_apphbd: [NOTHING, 'pacemakerd and systemd watch the daemons.'],
  record_config_changes: [NOTHING, 'Pacemaker keeps its last configurations in /var/lib/pacemaker/cib.'],
  record_pengine_inputs: [NOTHING, 'Pacemaker keeps its last decisions in /var/lib/pacemaker/pengine.'],
  enable_config_writes: [NOTHING, 'Pacemaker writes its configuration always.'],
};

/** Directive to why it has no equivalent, and what one does instead. */
const OPEN: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  watchdog: [
    'Heartbeat wrote to a watchdog that resets a hung node; Pacemaker leaves that to sbd',
    'nothing, where fencing cuts the power; otherwise sbd with stonith-watchdog-timeout',
  ],
  quorum_server: [
    'another machine broke ties between the nodes',
    'a quorum device: corosync-qnetd on that machine, corosync-qdevice on the nodes',
  ],
  env: ['it set variables for Heartbeat and its scripts', 'set them in the scripts, or in /etc/default/pacemaker'],
};

/** Programs that `respawn` started for moving groups by what nodes reach. */
export const MOVERS: readonly string[] = ['ipfail', 'pingd'];
/** Parts of Heartbeat, which Pacemaker has of its own. */
const OWN_PROGRAMS = new Set([
  'ccm',
  'cib',
  'crmd',
  'attrd',
  'stonithd',
  'lrmd',
  'mgmtd',
  'apphbd',
  'ha_logd',
  'hbagent',
]);

export function tellDirectives(cf: heartbeat.HaCf, notebook: Notebook): void {
  for (const directive of heartbeat.directivesOf(cf)) {
    const { name } = directive;
    if (ELSEWHERE.has(name)) continue;
    if (name === 'respawn') tellRespawn(directive, notebook);
    else if (name === 'autojoin') tellAutojoin(directive, notebook);
    else if (Object.hasOwn(GONE, name)) tellGone(directive, notebook);
    else tellOpen(directive, notebook);
  }
}

export function programOf(command: string): string {
  return command.split('/').at(-1)!;
}

function tellGone({ name, args, place }: heartbeat.HaDirective, { explanations }: Notebook): void {
  const [becomes, why] = GONE[name]!;
  explanations.push({ about: name, place, was: `${name} ${args.join(' ')}`, becomes, why });
}

function tellOpen({ name, args, place }: heartbeat.HaDirective, { unmapped }: Notebook): void {
  const [why, instead] = OPEN[name] ?? [
    'it is not known what it was for',
    'find out whether the new cluster needs the like of it',
  ];
  // Any variable may be a password.
  const shown = name === 'env' ? args.map((word) => word.replace(/=.*$/, '=[hidden]')) : args;
  unmapped.push({ what: `${name} ${shown.join(' ')}`.trim(), place, why, instead });
}

function tellAutojoin({ args, place }: heartbeat.HaDirective, { explanations }: Notebook): void {
  const was = `autojoin ${args.join(' ')}`;
  const why =
    'Only nodes in the node list of corosync.conf can join; nodes that joined by themselves must be added to it.';
  explanations.push({ about: 'autojoin', place, was, becomes: 'none', why });
}

function tellRespawn({ args, place }: heartbeat.HaDirective, notebook: Notebook): void {
  const [user, command = '', ...rest] = args;
  const program = programOf(command);
  if (MOVERS.includes(program)) return;
  if (OWN_PROGRAMS.has(program)) {
    const was = `respawn ${user} ${command}`;
    const why = `${program} belongs to Heartbeat; Pacemaker brings its own.`;
    notebook.explanations.push({ about: 'respawn', place, was, becomes: NOTHING, why });
    return;
  }
  const what = `respawn ${user} ${[command, ...rest].join(' ')}`;
  if (program === 'dopd')
    notebook.unmapped.push({
      what,
      place,
      why: 'it kept outdated DRBD devices from being promoted, over the links of Heartbeat',
      instead:
        'in the DRBD configuration: fencing resource-and-stonith, and the handlers crm-fence-peer and crm-unfence-peer',
    });
  else
    notebook.unmapped.push({
      what,
      place,
      why: 'Heartbeat started it on every node and again whenever it ended',
      instead: `a unit of systemd with Restart=always on each node, or a clone of a resource if it must follow the cluster`,
    });
}

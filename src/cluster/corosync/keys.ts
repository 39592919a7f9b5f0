/** The keys of corosync.conf(5) and votequorum(5) as of corosync 3.1, by the path of their section. */

const TOTEM_NUMBERS = [
  'version',
  'config_version',
  'nodeid',
  'token',
  'token_warning',
  'token_coefficient',
  'token_retransmit',
  'token_retransmits_before_loss_const',
  'hold',
  'join',
  'send_join',
  'consensus',
  'merge',
  'downcheck',
  'fail_recv_const',
  'seqno_unchanged_const',
  'heartbeat_failures_allowed',
  'max_network_delay',
  'window_size',
  'max_messages',
  'miss_count_const',
  'netmtu',
  'threads',
  'knet_pmtud_interval',
  'knet_mtu',
  'knet_compression_threshold',
  'knet_compression_level',
];
const TOTEM_TEXTS = [
  'cluster_name',
  'transport',
  'ip_version',
  'link_mode',
  'crypto_model',
  'crypto_hash',
  'crypto_cipher',
  'crypto_type',
  'secauth',
  'keyfile',
  'key',
  'clear_node_high_bit',
  'knet_compression_model',
  'block_unlisted_ips',
  'cancel_token_hold_on_retransmit',
  'rrp_mode',
];
const INTERFACE_NUMBERS = [
  'linknumber',
  'ringnumber',
  'mcastport',
  'ttl',
  'knet_link_priority',
  'knet_ping_interval',
  'knet_ping_timeout',
  'knet_ping_precision',
  'knet_pong_count',
];
const QUORUM_NUMBERS = [
  'expected_votes',
  'votes',
  'two_node',
  'wait_for_all',
  'last_man_standing',
  'last_man_standing_window',
  'auto_tie_breaker',
  'allow_downscale',
  'expected_votes_tracking',
  'leaving_timeout',
];
const LOGGING = [
  'timestamp',
  'fileline',
  'function_name',
  'blackbox',
  'to_stderr',
  'to_logfile',
  'to_syslog',
  'logfile',
  'logfile_priority',
  'syslog_facility',
  'syslog_priority',
  'debug',
];

/** Keys that hold a whole number from 0 on. */
export const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  totem: TOTEM_NUMBERS,
  'totem.interface': INTERFACE_NUMBERS,
  quorum: QUORUM_NUMBERS,
  'quorum.device': ['timeout', 'sync_timeout', 'votes'],
  'quorum.device.net': ['port', 'connect_timeout'],
  'quorum.device.heuristics': ['timeout', 'sync_timeout', 'interval'],
  nozzle: ['ipprefix'],
  'nodelist.node': ['nodeid', 'quorum_votes'],
};

/**
 * All keys of a section; one of eight rings a node is named `ringX_addr`. Those of quorum.device are of corosync-qdevice(8).
 */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  totem: [...TOTEM_NUMBERS, ...TOTEM_TEXTS],
  'totem.interface': [...INTERFACE_NUMBERS, 'knet_transport', 'bindnetaddr', 'broadcast', 'mcastaddr'],
  quorum: [...QUORUM_NUMBERS, 'provider', 'auto_tie_breaker_node'],
  'quorum.device': ['model', 'timeout', 'sync_timeout', 'votes', 'master_wins'],
  'quorum.device.net': [
    'host',
    'port',
    'algorithm',
    'tls',
    'tie_breaker',
    'connect_timeout',
    'force_ip_version',
    'keep_active_partition_tie_breaker',
  ],
  'quorum.device.heuristics': ['mode', 'timeout', 'sync_timeout', 'interval'],
  nozzle: ['name', 'ipaddr', 'ipprefix', 'macaddr'],
  resources: ['watchdog_device', 'watchdog_timeout'],
  uidgid: ['uid', 'gid'],
  'nodelist.node': ['nodeid', 'name', 'quorum_votes', ...Array.from({ length: 8 }, (_, ring) => `ring${ring}_addr`)],
  logging: LOGGING,
  'logging.logger_subsys': [...LOGGING, 'subsys'],
  system: [
    'qb_ipc_type',
    'sched_rr',
    'priority',
    'move_to_root_cgroup',
    'allow_knet_handle_fallback',
    'state_dir',
    'run_dir',
  ],
};

/**
 * Sections by the section they stand in; of those that are not here every one is taken. Corosync itself takes any name and looks
 * at what it knows.
 */
export const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  '': ['totem', 'quorum', 'nodelist', 'logging', 'system', 'resources', 'nozzle', 'uidgid'],
  totem: ['interface'],
  quorum: ['device'],
  'quorum.device': ['net', 'heuristics'],
  nodelist: ['node'],
  logging: ['logger_subsys', 'logging_daemon'],
};

/** Commands of `quorum.device.heuristics` have names of the administrator's own. */
export function isKeyKnown(section: string, key: string): boolean {
  const isCommand = section === 'quorum.device.heuristics' && /^exec_\w+$/.test(key);
  return isCommand || KEYS[section]!.includes(key);
}

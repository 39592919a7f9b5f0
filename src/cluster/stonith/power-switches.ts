/** Plugins that switch an outlet: PDUs, remote power switches, UPSes. */
import { agent, KEEP_PLUGIN, none, OUTLETS_ASKED, plugin } from './define.ts';
import type { StonithPlugin } from './model.ts';

const ONE_SESSION = 'The switch takes one session at a time.';
const BOTH_SUPPLIES =
  'A node with two power supplies needs both outlets: node:1,2 in pcmk_host_map, or two devices on one level of the fencing topology.';

export const POWER_SWITCHES: readonly StonithPlugin[] = [
  plugin(
    'apcmaster',
    { params: 'ipaddr! login! password!*' },
    agent('fence_apc', {
      optionOf: { ipaddr: 'ip', login: 'username', password: 'password' },
      asked: { pcmk_host_map: OUTLETS_ASKED },
      note: `Needs telnet on every node, or ssh=1. ${ONE_SESSION} ${BOTH_SUPPLIES}`,
    }),
  ),
  plugin(
    'apcmastersnmp',
    { params: 'ipaddr! port! community!*' },
    agent('fence_apc_snmp', {
      optionOf: { ipaddr: 'ip', port: 'ipport', community: 'community' },
      note: `Finds outlets by name as the plugin did, if the case is the same too. Needs snmpget, snmpset and snmpwalk on every node. ${BOTH_SUPPLIES}`,
    }),
  ),
  plugin(
    'external/rackpdu',
    { params: 'hostlist! pduip! community!*', named: 'oid names_oid outlet_config' },
    agent('fence_apc_snmp', {
      optionOf: { pduip: 'ip', community: 'community' },
      hosts: { param: 'hostlist', form: 'names' },
      note: `Finds outlets by name as the plugin did; what stood in the file of outlet_config belongs into pcmk_host_map. AUTO as hostlist left it to the PDU. ${BOTH_SUPPLIES}`,
    }),
  ),
  plugin(
    'wti_nps',
    { params: 'ipaddr! password!*' },
    agent('fence_wti', {
      optionOf: { ipaddr: 'ip', password: 'password' },
      asked: { pcmk_host_map: OUTLETS_ASKED },
      note: `Telnet as before, or ssh=1. ${ONE_SESSION} ${BOTH_SUPPLIES}`,
    }),
  ),
  plugin(
    'wti_mpc',
    { params: 'ipaddr! port! community!* mib-version!' },
    agent('fence_wti', {
      optionOf: { ipaddr: 'ip' },
      dropped: {
        port: 'the agent uses telnet or ssh, not SNMP',
        community: 'the agent uses telnet or ssh, not SNMP',
        'mib-version': 'the agent uses telnet or ssh, not SNMP',
      },
      asked: {
        username: 'user of the switch for telnet or ssh, if it wants one',
        password: 'password of the switch for telnet or ssh, if it wants one',
        pcmk_host_map: 'the plugin switched the plug group named as the node: give node:group for each node',
      },
      note: `The same switch over telnet, or ssh=1, in place of SNMP. ${BOTH_SUPPLIES}`,
    }),
  ),
  plugin(
    'baytech',
    { params: 'ipaddr! login! password!*' },
    none('fence-agents has no agent for Baytech switches', 'drive it with PowerMan (baytech*.dev) and fence_powerman'),
  ),
  plugin(
    'cyclades',
    { params: 'ipaddr! login! serialport!' },
    none(
      'fence-agents has no agent for the AlterPath PM',
      'drive it with PowerMan (cyclades-pm*.dev) and fence_powerman',
    ),
  ),
  plugin(
    'rps10',
    { params: 'serial_to_targets!' },
    none(
      'fence_wti reaches switches over the network, the RPS-10 hangs on a serial line',
      'drive it with PowerMan (wti-rps10.dev) and fence_powerman',
    ),
  ),
  plugin(
    'nw_rpc100s',
    { params: 'ttydev! hostlist!' },
    none('fence-agents has no agent for the RPC100S', `replace the switch; until then ${KEEP_PLUGIN}`),
  ),
  plugin(
    'rcd_serial',
    { params: 'hostlist! ttydev! dtr_rts! msduration!' },
    agent('fence_rcd_serial', {
      optionOf: { ttydev: 'serial_port' },
      words: { dtr_rts: { dtr: {} } },
      hosts: { param: 'hostlist', form: 'one' },
      dropped: { msduration: 'see power_wait, which is not the same' },
      asked: {
        power_wait:
          'the agent holds the line for so many milliseconds and then waits as many seconds; with its default of 2 the reset may go unnoticed',
      },
      note: 'Can only reboot, and nothing tells whether it did. The agent moves DTR only. The cable must be on the node that runs it.',
    }),
  ),
  plugin(
    'apcsmart',
    { params: 'ttydev! hostlist!' },
    none(
      'fence-agents has no agent for a UPS',
      `prefer the service processor of the node; else drive the UPS with NUT and an own agent, or ${KEEP_PLUGIN}`,
    ),
  ),
  plugin(
    'external/nut',
    { params: 'hostname! ups! username! password!* poweron poweroff reset statusvar upscmd upsc' },
    none(
      'fence-agents has no agent for NUT, and a UPS that is itself without contact is no proof that the node is off',
      `prefer the service processor of the node; else ${KEEP_PLUGIN}`,
    ),
  ),
  plugin(
    'external/ippower9258',
    { params: 'deviceip! username password!* hostlist' },
    none('fence-agents has no agent for the IP Power 9258', `replace the switch; until then ${KEEP_PLUGIN}`),
  ),
];

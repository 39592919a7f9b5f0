/** Plugins that talk to a processor on the server's own board: IPMI, DRAC, iLO, RSA. */
import { agent, KEEP_PLUGIN, none, plugin } from './define.ts';
import type { StonithPlugin } from './model.ts';

const POWER_OFF_NOTE =
  'method=onoff switches off, checks, and switches on again; a cycle may be reported done before the node is off. Set the ' +
  'node to power off at once on the power button (no ACPI shutdown), or it may take longer than power_timeout (20 s).';
const SESSION_PORT = 'The address is that of the service processor, never of the node.';

/** ipmitool takes them in either spelling. */
const PRIVILEGES = Object.fromEntries(
  ['callback', 'user', 'operator', 'administrator'].flatMap((level) =>
    [level, level.toUpperCase()].map((word) => [word, { privlvl: level }]),
  ),
);

export const SERVICE_PROCESSORS: readonly StonithPlugin[] = [
  plugin(
    'external/ipmi',
    { params: 'hostname! ipaddr! userid! passwd!* interface', named: 'passwd_method priv ipmitool' },
    agent('fence_ipmilan', {
      optionOf: { ipaddr: 'ip', userid: 'username', passwd: 'password', ipmitool: 'ipmitool_path' },
      words: {
        interface: { lan: { lanplus: '0' }, lanplus: { lanplus: '1' } },
        priv: PRIVILEGES,
        // Otherwise the password is not in the configuration, but in a file or the environment of the plugin.
        passwd_method: { param: {} },
      },
      fixed: { method: 'onoff' },
      hosts: { param: 'hostname', form: 'one' },
      note: `${POWER_OFF_NOTE} ${SESSION_PORT} By name only: priv is privlvl, ipmitool is ipmitool_path; passwd is the name of a file when passwd_method is "file" (then password_script).`,
    }),
  ),
  plugin(
    'ipmilan',
    { params: 'hostname! ipaddr! port! auth! priv! login! password!* reset_method' },
    agent('fence_ipmilan', {
      optionOf: { ipaddr: 'ip', port: 'ipport', login: 'username', password: 'password' },
      words: {
        auth: {
          none: { auth: 'none' },
          md5: { auth: 'md5' },
          straight: { auth: 'password' },
          password: { auth: 'password' },
          key: { auth: 'password' },
        },
        priv: { operator: { privlvl: 'operator' }, admin: { privlvl: 'administrator' } },
      },
      fixed: { method: 'onoff' },
      hosts: { param: 'hostname', form: 'one' },
      dropped: { reset_method: 'power_cycle and hard_reset do not prove that the node was off; method=onoff does' },
      note: `${POWER_OFF_NOTE} Speaks IPMI 1.5; set lanplus=1 if the service processor wants 2.0. There is no md2.`,
    }),
  ),
  plugin(
    'external/drac5',
    { params: 'hostname! ipaddr! userid!' },
    agent('fence_drac5', {
      optionOf: { ipaddr: 'ip', userid: 'username' },
      fixed: { ssh: '1' },
      hosts: { param: 'hostname', form: 'one' },
      asked: { identity_file: "the plugin logged in with root's ssh key: name that key, or give a password" },
      note: `${SESSION_PORT} The plugin can only reset: its on and off call what does not exist. drac_version tells a CMC from a DRAC 5; in a CMC the plug is the module.`,
    }),
  ),
  plugin(
    'external/dracmc-telnet',
    { params: 'nodename! cyclades_ip! cyclades_port! servername! username! password!*' },
    agent('fence_drac5', {
      optionOf: { cyclades_ip: 'ip', cyclades_port: 'ipport', username: 'username', password: 'password' },
      fixed: { drac_version: 'DRAC MC' },
      hosts: { param: 'nodename', form: 'one', plugParam: 'servername' },
      note: 'Logs in by telnet through the serial port of a Cyclades: only one session at a time, and the password crosses the network readable.',
    }),
  ),
  plugin(
    'drac3',
    { params: 'host! login! password!*' },
    none(
      'the DRAC III was driven by XML over HTTPS; fence_drac speaks telnet, which these cards have switched off',
      'switch telnet on at the card and use fence_drac, or use the BMC of the server with fence_ipmilan',
    ),
  ),
  plugin(
    'external/ibmrsa',
    { params: 'hostname! ipaddr! userid! passwd!* type!' },
    agent('fence_rsa', {
      optionOf: { ipaddr: 'ip', userid: 'username', passwd: 'password' },
      words: { type: { ibm: {} } },
      hosts: { param: 'hostname', form: 'one' },
      note: 'Telnet in place of the MPCLI program; ssh=1 where the RSA II has it. Of type "ipmi" is a BMC: use fence_ipmilan with the same address, user and password.',
    }),
  ),
  plugin(
    'external/ibmrsa-telnet',
    { params: 'nodename! ip_address! username! password!*' },
    agent('fence_rsa', {
      optionOf: { ip_address: 'ip', username: 'username', password: 'password' },
      hosts: { param: 'nodename', form: 'one' },
      note: 'Telnet as before; the password crosses the network readable. ssh=1 where the RSA II has it.',
    }),
  ),
  plugin(
    'external/riloe',
    {
      params:
        'hostlist! ilo_hostname! ilo_user! ilo_password!* ilo_can_reset ilo_protocol ilo_powerdown_method ilo_proxyhost ilo_proxyport',
    },
    agent('fence_ilo', {
      optionOf: {
        ilo_hostname: 'ip',
        ilo_user: 'username',
        ilo_password: 'password',
        ilo_protocol: 'ribcl_version',
      },
      hosts: { param: 'hostlist', form: 'one' },
      dropped: {
        ilo_can_reset: 'the agent switches off and on, which every iLO can',
        ilo_powerdown_method: 'the agent always cuts the power, as "power" did; "button" waited for a shutdown',
        ilo_proxyhost: 'the agent knows no proxy: the nodes have to reach the iLO themselves',
        ilo_proxyport: 'the agent knows no proxy',
      },
      note: 'For iLO and iLO 2; iLO 3 and later take fence_ilo3, fence_ilo4 or fence_ilo5 (IPMI). The certificate is verified, which the plugin did not: ssl_insecure=1 turns that off.',
    }),
  ),
  plugin(
    'bladehpi',
    { params: 'entity_root!', named: 'soft_reset' },
    agent('fence_bladecenter', {
      dropped: { entity_root: 'names the chassis in the configuration of OpenHPI, which no agent uses' },
      asked: {
        ip: 'address of the management module, as in openhpi.conf',
        username: 'user of the management module',
        password: 'password of the management module',
        pcmk_host_map: 'the agent takes the number of the bay: give node:bay for each node',
      },
      note: 'Telnet, or ssh=1, in place of OpenHPI; fence_ibmblade does it over SNMP. power_wait is 10 s by default.',
    }),
  ),
  plugin(
    'external/hmchttp',
    { params: 'hostlist! hmc_ipaddr! user! password!*' },
    none(
      'it clicks through web pages of the service processor of a System p; fence_lpar speaks ssh to an HMC, which is another machine',
      `use fence_lpar if an HMC manages the system; else ${KEEP_PLUGIN}`,
    ),
  ),
  plugin(
    'ibmhmc',
    { params: 'ipaddr!', named: 'managedsyspat password*' },
    agent('fence_lpar', {
      optionOf: { ipaddr: 'ip' },
      fixed: { username: 'hscroot' },
      asked: {
        managed: 'name of the managed system; one device for each',
        identity_file: "the plugin logged in with root's ssh key: name that key, or give a password",
      },
      note: 'The plugin called nodes SYSTEM/PARTITION; the agent takes the partition as plug: pcmk_host_map where it is not the name of the node. hmc_version is 4 for every newer HMC.',
    }),
  ),
];

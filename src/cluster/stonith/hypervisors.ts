/** Plugins that stop a virtual machine, or have a provider do it. */
import { agent, KEEP_PLUGIN, none, plugin } from './define.ts';
import type { StonithPlugin } from './model.ts';

export const HYPERVISORS: readonly StonithPlugin[] = [
  plugin(
    'external/libvirt',
    { params: 'hostlist! hypervisor_uri! reboot_method', named: 'reset_method' },
    agent('fence_virsh', {
      uri: 'hypervisor_uri',
      hosts: { param: 'hostlist', form: 'colon' },
      dropped: { reboot_method: 'the plugin read it under another name, so it never had an effect' },
      asked: { identity_file: 'the agent logs in at the hypervisor by ssh: name a key, or give a password' },
      note: 'Runs virsh on the hypervisor over ssh, so virsh is not needed in the guests. Set missing_as_off=1 where a stopped guest vanishes. use_sudo=1 if the user is not root.',
    }),
  ),
  plugin(
    'external/vcenter',
    {
      params: 'VI_SERVER VI_PORTNUMBER VI_PROTOCOL VI_SERVICEPATH VI_CREDSTORE! HOSTLIST! RESETPOWERON',
      named: 'PERL_LWP_SSL_VERIFY_HOSTNAME',
    },
    agent('fence_vmware_rest', {
      optionOf: { VI_SERVER: 'ip', VI_PORTNUMBER: 'ipport' },
      words: { VI_PROTOCOL: { https: { ssl: '1' }, http: {} } },
      hosts: { param: 'HOSTLIST', form: 'equals' },
      dropped: {
        VI_SERVICEPATH: 'the agent knows the path of the interface it uses',
        VI_CREDSTORE: 'the agent takes user and password as options',
        RESETPOWERON: 'the agent always switches on again after off',
      },
      asked: { username: 'user in the credentials store', password: 'password in the credentials store' },
      note: 'For vCenter 6.5 and later; fence_vmware_soap for older ones. The certificate is verified: ssl_insecure=1 turns that off. filter is needed beyond 1000 virtual machines.',
    }),
  ),
  plugin(
    'external/vmware',
    { params: 'device_host', named: 'host_map' },
    agent('fence_vmware', {
      optionOf: { device_host: 'ip' },
      fixed: { vmware_type: 'server1' },
      asked: {
        username: 'user at the VMware server; the plugin used ssh without naming one',
        password: 'password at the VMware server',
        pcmk_host_map: 'the agent takes the .vmx file: what stood in host_map, as node:file',
      },
      note: 'VMware Server, for which there have been no updates since 2011. Wants vmrun on every node. For ESX or vCenter use fence_vmware_soap or fence_vmware_rest.',
    }),
  ),
  plugin(
    'external/xen0',
    { params: 'hostlist! dom0!', named: 'run_dump dump_dir' },
    none(
      'it runs xm in the dom0 over ssh, which Xen no longer has',
      'let libvirt manage the dom0 and use fence_virsh with its address, or fence_xenapi for XenServer',
    ),
  ),
  plugin(
    'external/xen0-ha',
    { params: 'hostlist! dom0_cluster_ip! timeout', named: 'stop_timeout' },
    none(
      'it asks the Heartbeat or Pacemaker cluster of the dom0s to stop the guest; its authors call it a proof of concept',
      'use fence_virsh with the address of the dom0, or fence_xenapi for XenServer',
    ),
  ),
  plugin(
    'external/hetzner',
    { params: 'hostname! remote_ip!' },
    none(
      "fence-agents has no agent for Hetzner's Robot; the user stands in /etc/hetzner.cfg",
      `${KEEP_PLUGIN}; note that a reset over the web service is asked for, not proven`,
    ),
  ),
];

/**
 * Services of init.d that an agent of resource-agents can run in their place. An agent starts the program itself, with its own
 * parameters and not with those of the script: another data directory is another database. Which it is, no file of the cluster
 * tells; the script is therefore kept unless the agent was asked for.
 */
import { agent, type Mapped } from './mapped.ts';

interface Service {
  /** In `ocf:heartbeat`. */
  type: string;
  params: Readonly<Record<string, string>>;
  /** What has to be right before it is used. */
  care: string;
}

const APACHE = 'Its monitor reads the page server-status, which Apache has to offer to 127.0.0.1 (mod_status).';
const MYSQL: Service = {
  type: 'mysql',
  params: {},
  care: 'It takes its own datadir, whatever my.cnf says, and makes an empty database there where it finds none: set datadir, config, pid and socket.',
};
const NAMED: Service = { type: 'named', params: {}, care: 'Its monitor asks 127.0.0.1 for the name localhost.' };
const SLAPD: Service = { type: 'slapd', params: {}, care: 'Set config and services as the script had them.' };
const RSYNC: Service = { type: 'rsyncd', params: {}, care: 'Set conffile where it is not /etc/rsyncd.conf.' };
const DHCPD: Service = {
  type: 'dhcpd',
  params: { config: '/etc/dhcp/dhcpd.conf' },
  care: 'Set the interface, and leases on the shared device.',
};
const NFS: Service = {
  type: 'nfsserver',
  params: {},
  care: 'Set nfs_shared_infodir to a directory on the shared device, or clients lose their locks at a takeover.',
};

const SERVICES: Readonly<Record<string, Service>> = {
  httpd: { type: 'apache', params: { configfile: '/etc/httpd/conf/httpd.conf' }, care: APACHE },
  apache2: { type: 'apache', params: { configfile: '/etc/apache2/apache2.conf' }, care: APACHE },
  nginx: {
    type: 'nginx',
    params: { configfile: '/etc/nginx/nginx.conf' },
    care: 'Its monitor reads the start page of the default server unless status10url says another.',
  },
  mysql: MYSQL,
  mysqld: MYSQL,
  mariadb: MYSQL,
  postgresql: {
    type: 'pgsql',
    params: {},
    care: 'Set pgdata, config and pgctl: its own are those of /var/lib/pgsql.',
  },
  named: NAMED,
  bind9: NAMED,
  slapd: SLAPD,
  ldap: SLAPD,
  rsync: RSYNC,
  rsyncd: RSYNC,
  dhcpd: DHCPD,
  'isc-dhcp-server': DHCPD,
  nfs: NFS,
  'nfs-server': NFS,
  'nfs-kernel-server': NFS,
  postfix: { type: 'postfix', params: {}, care: 'Set config_dir where there are several.' },
  vsftpd: { type: 'vsftpd', params: {}, care: 'Set conffile where it is not /etc/vsftpd.conf.' },
  asterisk: { type: 'asterisk', params: {}, care: 'Set user and group as the script had them.' },
};

export const SERVICE_NAMES: readonly string[] = Object.keys(SERVICES);

/** Undefined where there is no agent for it. */
export function mapService(script: string): Mapped | undefined {
  const service = serviceOf(script);
  return service && agent(service.type, service.params, `As it was asked for. ${service.care}`);
}

/** That there is an agent, for who kept the script; empty where there is none. */
export function agentHint(script: string): string {
  const service = serviceOf(script);
  return service === undefined
    ? ''
    : ` ocf:heartbeat:${service.type} can run it and looks closer: import with --ocf ${script}. ${service.care}`;
}

function serviceOf(script: string): Service | undefined {
  return Object.hasOwn(SERVICES, script) ? SERVICES[script] : undefined;
}

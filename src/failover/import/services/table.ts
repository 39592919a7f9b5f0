/**
 * Services of init.d for which there is an agent in resource-agents: what the agent is given where nothing was read, what has to
 * be right then, and what decides whether it runs the same service as the script. All by the texts of the agents (4.12).
 */
import type { ReadService } from './model.ts';
import { readMysql } from './mysql.ts';
import { readNamed } from './named.ts';
import { readPgsql } from './pgsql.ts';
import { readPostfix, readRsync, readVsftpd } from './transfer.ts';
import { readApache, readNginx } from './web.ts';

export interface Service {
  /** In `ocf:heartbeat`. */
  type: string;
  params: Readonly<Record<string, string>>;
  /** What has to be right before it is used unread. */
  care: string;
  /** Why the files of the cluster alone do not tell that it is the same. */
  alone: string;
  /** How a system tells it; where no file of a system can, why not. */
  read: ReadService | { cannot: string };
}

const APACHE = {
  type: 'apache',
  care: 'Its monitor asks for the page of mod_status, or else for the start page, and follows where that leads.',
  alone: 'its program, options and the page that its monitor gets are those of the site',
  read: readApache,
};
const MYSQL: Service = {
  type: 'mysql',
  params: {},
  care: 'It takes its own datadir, whatever my.cnf says: set datadir, config, user, pid, socket and log.',
  alone:
    'it takes a datadir, a socket and a user of its own, whatever my.cnf says, and another datadir is another database',
  read: readMysql,
};
const NAMED: Service = {
  type: 'named',
  params: {},
  care: 'Its monitor asks 127.0.0.1 for the name localhost, and it asks for a new rndc key where there is no /etc/rndc.key.',
  alone: 'the user it runs as is the script’s, and its start waits for an answer that only some configurations give',
  read: readNamed,
};
const SLAPD: Service = {
  type: 'slapd',
  params: {},
  care: 'Set config and services as the script had them.',
  alone: 'it listens on services of its own',
  read: {
    cannot:
      'its monitor searches every suffix without a name and a password, and whether that is let in is in access rules',
  },
};
const RSYNC: Service = {
  type: 'rsyncd',
  params: { binpath: '/usr/bin/rsync' },
  care: 'Set conffile where it is not /etc/rsyncd.conf, which has to name a pid file.',
  alone: 'it needs a pid file in rsyncd.conf, and the script may start nothing (RSYNC_ENABLE)',
  read: readRsync,
};
const DHCPD: Service = {
  type: 'dhcpd',
  params: { config: '/etc/dhcp/dhcpd.conf' },
  care: 'Set the interface, and leases on the shared device.',
  alone: 'it runs in a jail with leases of its own there',
  read: {
    cannot:
      'it always says itself where the leases are and as whom it runs, which else is built into the program: other leases give addresses twice',
  },
};
const NFS: Service = {
  type: 'nfsserver',
  params: {},
  care: 'Set nfs_shared_infodir to a directory on the shared device, or clients lose their locks at a takeover.',
  alone: 'it also starts and stops the daemons for locks, and binds its state over /var/lib/nfs',
  read: {
    cannot: 'it does more than the script: daemons for locks, and their state in a folder that somebody has to choose',
  },
};
const ASTERISK: Service = {
  type: 'asterisk',
  params: {},
  care: 'Set user and group as the script had them.',
  alone: 'it runs as a user of its own, and without safe_asterisk',
  read: { cannot: 'scripts start it through safe_asterisk, which starts it again by itself, and the agent does not' },
};

export const SERVICES: Readonly<Record<string, Service>> = {
  httpd: { ...APACHE, params: { configfile: '/etc/httpd/conf/httpd.conf' } },
  apache2: { ...APACHE, params: { configfile: '/etc/apache2/apache2.conf' } },
  nginx: {
    type: 'nginx',
    // Its own default is the program of Apache, and it takes that where both are installed.
    params: { httpd: '/usr/sbin/nginx', configfile: '/etc/nginx/nginx.conf' },
    care: 'Its monitor looks for the process only; with status10url and OCF_CHECK_LEVEL=10 it reads a page.',
    alone: 'which configuration it is started with may be in the script or its settings',
    read: readNginx,
  },
  mysql: MYSQL,
  mysqld: MYSQL,
  mariadb: MYSQL,
  postgresql: {
    type: 'pgsql',
    params: {},
    care: 'Set pgdata, config and pgctl: its own are those of /var/lib/pgsql.',
    alone:
      'it takes a data directory of its own, which is another database, and its start waits for an answer at its own port and socket',
    read: readPgsql,
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
  postfix: {
    type: 'postfix',
    params: {},
    care: 'Set config_dir where there are several.',
    alone: 'the script may start several instances, or copy files into a jail before it starts',
    read: readPostfix,
  },
  vsftpd: {
    type: 'vsftpd',
    params: { binpath: 'vsftpd', conffile: '/etc/vsftpd/vsftpd.conf' },
    care: 'Set conffile, and background=YES and listen=YES in it.',
    alone: 'it waits for ever where the configuration keeps vsftpd in the foreground, and a script may start several',
    read: readVsftpd,
  },
  asterisk: ASTERISK,
};

export function serviceOf(script: string): Service | undefined {
  return Object.hasOwn(SERVICES, script) ? SERVICES[script] : undefined;
}

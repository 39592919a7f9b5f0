/**
 * A real mail server for tests: Exim with a configuration, spool and mailbox of its own in a temporary directory, on
 * free ports of the loopback. Nothing of the machine's own mail is touched. Needs root, as Exim changes its user.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { requirePeer } from './peers.ts';
import { freePort } from './sshd.ts';

/** Exim's own user in Debian, which receives and delivers. */
const OWNER = 'Debian-exim';
const START_MS_MAX = 15_000;
/** Whom certificates are for. */
const NAMES = 'DNS:localhost,IP:127.0.0.1';

export interface MailServer extends AsyncDisposable {
  port: number;
  /** The port that begins with TLS. */
  tlsPort: number;
  /** Certificate of the authority that signed the server's. */
  caFile: string;
  user: string;
  password: string;
  /** A program that takes mail as sendmail(8) does and delivers to the same mailbox. */
  sendmail: string;
  /** Waits until `count` mails are there, whole files as they were delivered, and takes them away. */
  take(count: number): Promise<string[]>;
  /** What is there now. */
  count(): number;
  /** From now on takes what is for `grey@`. */
  welcome(): void;
  /** The log of the server. */
  log(): string;
}

/**
 * Recipients of any domain get their mail, but for `refused@`, which is refused, `later@`, which is put off, `grey@`, which
 * is put off until `welcome`, and `members@`, which wants a login. A subject with the word `unwanted` is refused after the
 * text.
 * @param names whom its certificate is for (x509v3_config(5), subjectAltName)
 */
export async function startMailServer({
  hasTls = true,
  names = NAMES,
  port: given,
}: {
  hasTls?: boolean;
  names?: string;
  port?: number;
} = {}): Promise<MailServer> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-mail-'));
  const [port, tlsPort] = [given ?? (await freePort()), await freePort()];
  const [user, password] = ['alice', 'correct horse'];
  const mailbox = join(directory, 'mailbox');
  for (const each of ['spool', 'log', 'mailbox']) mkdirSync(join(directory, each));
  const { caFile } = makeCertificates(directory, names);
  const config = join(directory, 'exim.conf');
  writeFileSync(config, configuration({ directory, port, tlsPort, hasTls, user, password }));
  const exim = requirePeer('exim4');
  const sendmail = join(directory, 'sendmail');
  writeFileSync(sendmail, `#!/bin/sh\nexec ${exim} -C ${config} "$@"\n`, { mode: 0o755 });
  execFileSync('chown', ['-R', OWNER, directory]);
  execFileSync('chown', ['root', config]);
  chmodSync(directory, 0o755);
  const daemon = spawn(exim, ['-C', config, '-bdf', '-q1h'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  daemon.stderr.on('data', (chunk) => (complaint += chunk));
  const ended = new Promise<void>((resolve) => daemon.once('close', () => resolve()));
  await untilListening(port, () => `exim4 does not listen: ${complaint}`);
  const list = () => (existsSync(join(mailbox, 'new')) ? readdirSync(join(mailbox, 'new')) : []);
  const log = () => readFileSync(join(directory, 'log/mainlog'), 'utf8');
  return {
    ...{ port, tlsPort, caFile, user, password, sendmail },
    count: () => list().length,
    log,
    welcome: () => writeFileSync(join(directory, 'welcome'), ''),
    async take(count) {
      const endMs = Date.now() + START_MS_MAX;
      while (list().length < count) {
        if (Date.now() > endMs) throw new Error(`${list().length} of ${count} mails:\n${log()}`);
        await wait(20);
      }
      const files = list().map((name) => join(mailbox, 'new', name));
      const mails = files.map((file) => readFileSync(file, 'utf8'));
      for (const file of files) rmSync(file);
      return mails;
    },
    async [Symbol.asyncDispose]() {
      daemon.kill();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An authority and a certificate of it for `names`, in PEM files. */
export function makeCertificates(
  directory: string,
  names = NAMES,
): { caFile: string; certFile: string; keyFile: string } {
  const [caFile, caKey] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  const [certFile, keyFile] = [join(directory, 'server.crt'), join(directory, 'server.key')];
  const request = (...args: string[]) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync(requirePeer('openssl'), ['req', '-x509', ...key, ...args], { stdio: 'pipe' });
  };
  request('-keyout', caKey, '-out', caFile, '-subj', '/CN=Test authority');
  const signed = [
    '-CA',
    caFile,
    '-CAkey',
    caKey,
    '-addext',
    `subjectAltName=${names}`,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ];
  request('-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost', ...signed);
  return { caFile, certFile, keyFile };
}

async function untilListening(port: number, complaint: () => string): Promise<void> {
  for (const endMs = Date.now() + START_MS_MAX; ; await wait(20)) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isUp) return;
    if (Date.now() > endMs) throw new Error(complaint());
  }
}

interface Site {
  directory: string;
  port: number;
  tlsPort: number;
  hasTls: boolean;
  user: string;
  password: string;
}

/** See the Exim specification, chapters 14 (main options), 33 and 34 (authenticators), 43 (access control). */
function configuration({ directory, port, tlsPort, hasTls, user, password }: Site): string {
  const tls = [
    `tls_certificate = ${directory}/server.crt`,
    `tls_privatekey = ${directory}/server.key`,
    `tls_on_connect_ports = ${tlsPort}`,
  ];
  return `
primary_hostname = mail.example.org
exim_path = ${requirePeer('exim4')}
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%slog
pid_file_path = ${directory}/spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port} : ${tlsPort}
tls_advertise_hosts = ${hasTls ? '*' : ''}
${hasTls ? tls.join('\n') : ''}
deliver_drop_privilege
keep_environment =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = recipients
acl_smtp_data = texts

begin acl
recipients:
  deny local_parts = refused
    message = no such user here
  defer local_parts = later
    message = come back later
  defer local_parts = grey
    !condition = \${if exists{${directory}/welcome}}
    message = greylisted, come back later
  deny local_parts = members
    !authenticated = *
    message = log in first
  accept
texts:
  deny condition = \${if match{$h_subject:}{unwanted}}
    message = not this text
  accept

begin routers
everybody:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = ${directory}/mailbox
  maildir_format
  create_directory
  envelope_to_add
  return_path_add
  user = ${OWNER}

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
`;
}

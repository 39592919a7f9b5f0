/** Why ssh does not get in, each cause with its own words and remedy. What ssh says decides; keys and agent explain. */
import type { AppError } from '../../base/errors.ts';
import { type Processes, ssh } from '../../host.ts';
import { doubtful, type Finding, type Words } from './finding.ts';
import { agentOf, identityFiles, isEncrypted } from './ssh-keys.ts';

export interface SshParts {
  address: ssh.SshAddress;
  /** Programs of this machine. */
  local: Processes;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

interface Cause {
  /** A line of ssh. */
  pattern: RegExp;
  words: (match: RegExpExecArray, parts: SshParts) => Words;
}

/** What ends a connection before keys count; the first that fits is the cause. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /Could not resolve hostname ([^:\s]+)|(\S+): (?:Name or service not known|.*name resolution)/i,
    words: ([, one, two], { address }) => ({
      text: `the name ${one ?? two} does not resolve`,
      remedy: `Put it into DNS or /etc/hosts, check /etc/resolv.conf, or give the IP address: hosts.${address.name}.address`,
    }),
  },
  {
    pattern: /port (\d+): Connection refused|Connection refused/i,
    words: ([, port], { address }) => ({
      text: `nobody listens there on port ${port ?? 'of ssh'}`,
      remedy: `Start sshd there, or give its port: hosts.${address.name}.port`,
    }),
  },
  {
    pattern: /timed out|not responding/i,
    words: (_, { address }) => ({
      text: `no answer within ${address.connectTimeoutMs / 1000} s`,
      remedy: `Is it up, and does a firewall let ssh through? A slow one needs more: hosts.${address.name}.connectTimeout`,
    }),
  },
  {
    pattern: /No route to host|unreachable/i,
    words: () => ({ text: 'there is no way to it', remedy: 'Check cable, route and firewall: ip route get ADDRESS' }),
  },
  {
    pattern: /HOST IDENTIFICATION HAS CHANGED/,
    words: (_, { address }) => ({
      text: 'its host key is another one than is known: it was set up anew, or somebody stands in between',
      remedy:
        'Find out which. Then, as the user that runs Holdfast, remove the old one and take the new one: ' +
        `ssh-keygen -R ${knownName(address)}${address.knownHostsFile === undefined ? '' : ` -f ${address.knownHostsFile}`}, then ${byHand(address)}`,
    }),
  },
  {
    pattern: /host key is known for|Host key verification failed/i,
    words: (_, { address }) => ({
      text: 'its host key is not known, and without a prompt none is taken',
      remedy: `As the user that runs Holdfast, connect once and compare the fingerprint: ${byHand(address)}`,
    }),
  },
  {
    pattern: /Permissions (\d+) for '([^']+)' are too open|Load key "([^"]+)": bad permissions/,
    words: ([, mode, one, two]) => ({
      text: `others may read the key ${one ?? two}${mode === undefined ? '' : ` (mode ${mode})`}, so ssh does not use it`,
      remedy: `chmod 600 ${one ?? two}`,
    }),
  },
  {
    pattern: /Load key "([^"]+)": (.+)/,
    words: ([, file, why]) => ({
      text: `the key ${file} cannot be used: ${why}`,
      remedy: `As the user that runs Holdfast, check owner and content: ssh-keygen -y -f ${file}`,
    }),
  },
  {
    pattern: /(?:no such identity: |Identity file )(.+?)(?: not accessible)?: No such file/i,
    words: ([, file]) => ({
      text: `the key ${file} is not there`,
      remedy: `Make one: ssh-keygen -t ed25519 -f ${file}`,
    }),
  },
  {
    pattern: /(Bad owner or permissions on .*|.*bad configuration option.*|Can't open user config file.*)/i,
    words: ([, said]) => ({
      text: `its configuration is refused: ${said}`,
      remedy: 'Mend that file; try: ssh -G HOST',
    }),
  },
  {
    pattern: /(Unable to negotiate.*|no matching .* found.*)/i,
    words: ([, said]) => ({
      text: `the two do not agree on a method: ${said}`,
      remedy: 'Bring OpenSSH up to date on the older of the two, or allow the method in ssh_config(5).',
    }),
  },
  {
    pattern: /Too many authentication failures/i,
    words: (_, { address }) => ({
      text: 'it gave up before the right key was offered',
      remedy: `Say which key is the right one: hosts.${address.name}.identityFile`,
    }),
  },
];

/** @param error of a connection; other errors keep their own words */
export async function diagnose(error: AppError, parts: SshParts): Promise<Words> {
  const own = { text: error.message, remedy: error.hint };
  if (error.code === 'command-missing') return { text: own.text, remedy: 'Install OpenSSH.' };
  if (error.code === 'host-unreachable') {
    const prefix = `${parts.address.name}: `;
    return causeIn([error.message.slice(error.message.indexOf(prefix) + prefix.length)], parts) ?? own;
  }
  if (error.code !== 'host-refused') return own;
  const { debug, lines } = await linesOf(parts);
  // We got in, so it is the account that is in the way, and the error says how.
  if (debug.some((line) => /Authenticated to /.test(line))) return own;
  return causeIn(lines, parts) ?? (await keyTrouble(lines, parts)) ?? own;
}

/**
 * With an agent at hand: whether the runs of systemd and cron, which have none, get in as well. A key with a passphrase
 * works for who is logged in and for nobody at night.
 */
export async function worksWithoutAgent(name: string, parts: SshParts): Promise<Finding[]> {
  if (!parts.environment['SSH_AUTH_SOCK']) return [];
  const { exitCode } = await trial(parts, { SSH_AUTH_SOCK: undefined });
  if (exitCode !== SSH_FAILED) return [];
  const text = 'only the agent of this session opens it (SSH_AUTH_SOCK): runs that systemd or cron begin have none';
  return [doubtful('host', name, { text, remedy: REMEDY_KEY(parts) })];
}

/** ssh(1), EXIT STATUS. */
const SSH_FAILED = 255;

const REMEDY_KEY = ({ address }: SshParts): string =>
  `Give runs a key of their own without a passphrase, which authorized_keys there may restrict: hosts.${address.name}.identityFile`;

/** Why no key was taken. Undefined when that is not what happened. */
async function keyTrouble(lines: readonly string[], parts: SshParts): Promise<Words | undefined> {
  const denied = lines.map((line) => /^(?:(\S+)@\S+: )?Permission denied/.exec(line)).find((match) => match !== null);
  if (denied === undefined) return undefined;
  const [files, agent] = [await identityFiles(parts), await agentOf(parts)];
  for (const file of files) {
    if (!(await isEncrypted(file, parts))) continue;
    return { text: `the key ${file} has a passphrase, and ${agent.words}`, remedy: REMEDY_KEY(parts) };
  }
  if (files.length === 0 && !agent.hasKeys) {
    const remedy = `Make one: ssh-keygen -t ed25519; then bring it over: ssh-copy-id ${parts.address.address}`;
    return { text: `there is no key to offer, and ${agent.words}`, remedy };
  }
  const account = denied[1] === undefined ? 'the account' : `the account ${denied[1]}`;
  const isDead = agent.isDead ? `; and ${agent.words}` : '';
  return {
    text: `${account} there takes none of our keys${files.length === 0 ? '' : ` (${files.join(', ')})`}${isDead}`,
    remedy: `Bring the key over, and see that it is the right account: ssh-copy-id${files[0] === undefined ? '' : ` -i ${files[0]}`} ${destination(parts.address)}`,
  };
}

function causeIn(lines: readonly string[], parts: SshParts): Words | undefined {
  for (const { pattern, words } of CAUSES) {
    const match = lines.map((line) => pattern.exec(line)).find((each) => each !== null);
    if (match !== undefined && match !== null) return words(match, parts);
  }
  return undefined;
}

/** What ssh says of another attempt, apart from what it says on its way. */
async function linesOf(parts: SshParts): Promise<{ lines: string[]; debug: string[] }> {
  const all = (await trial(parts, {})).errorText.split(/[\r\n]+/).map((line) => line.trim());
  const isDebug = (line: string): boolean => /^debug\d: |^Authenticated to /.test(line);
  return { lines: all.filter((line) => !isDebug(line)), debug: all.filter(isDebug) };
}

function trial({ address, local, signal }: SshParts, env: Record<string, string | undefined>) {
  const timeLimitMs = address.connectTimeoutMs + 10_000;
  // -v comes before the level that the arguments set, so that it counts (ssh_config(5): the first value is used).
  return local.run('ssh', ['-v', ...ssh.sshArguments(address), '--', address.address, 'exit 0'], {
    env,
    timeLimitMs,
    signal,
  });
}

function knownName({ address, port }: ssh.SshAddress): string {
  return port === undefined || port === 22 ? address : `'[${address}]:${port}'`;
}

function byHand(address: ssh.SshAddress): string {
  const { configFile, knownHostsFile } = address;
  const options = [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(knownHostsFile === undefined ? [] : ['-o', `UserKnownHostsFile=${knownHostsFile}`]),
  ];
  return ['ssh', ...options, destination(address)].join(' ');
}

function destination({ address, user, port }: ssh.SshAddress): string {
  return `${port === undefined ? '' : `-p ${port} `}${user === undefined ? '' : `${user}@`}${address}`;
}

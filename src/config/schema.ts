/**
 * THE schema: what may stand in holdfast.yaml, what it means, and what holds when it is absent. Parsing, defaults, error
 * messages, the JSON Schema for editors and the reference page are all made from this; nothing else lists the keys.
 * What refers to something by name (a plan to its vault) is checked in `references.ts`.
 */
import { z } from 'zod';
import { cluster } from './clusters.ts';
import { failover } from './failover.ts';
import { command, hook, LOCAL, name, path, scheduled, secret, vaultAddress } from './parts.ts';
import { retention } from './retention.ts';
import { shelf } from './shelf.ts';
import { duration, limit, share, size } from './values.ts';

const vault = z.strictObject({
  url: vaultAddress.describe('Where the vault lies: a path'),
  password: secret.describe("The vault's password"),
  location: z.string().min(1).optional().describe('Where it stands, in words: rack, building, town'),
  offsite: z.boolean().default(false).describe('It stands somewhere else than what is backed up to it'),
  verify: z
    .strictObject({
      schedule: scheduled.prefault('daily').describe('When a share is read back'),
      share: share
        .prefault('1/30')
        .describe('How much of the vault each verification reads back, longest unread first'),
      timeLimit: duration.prefault('24h').describe('A verification is stopped after this'),
      provenFor: duration.prefault('40d').describe('What was read back longer ago no longer counts as proven'),
    })
    .prefault({})
    .describe('Reading the vault back, a share at a time'),
  prune: z
    .strictObject({
      schedule: scheduled.prefault('Sun 04:00').describe('When it is pruned'),
      window: duration.prefault('4h').describe('Pruning begins only this long after its time, never later'),
      timeLimit: duration.prefault('24h').describe('Pruning is stopped after this; the next one goes on'),
      maxUnused: z.string().default('5%').describe('Unused bytes that may stay, as a share of the vault or as a size'),
      maxRepackSize: size.optional().describe('Repacks at most this much at a time'),
    })
    .optional()
    .describe('Removing what no snapshot needs; never, when absent'),
});

const host = z.strictObject({
  address: z.string().min(1).describe('Name or address for ssh'),
  user: z.string().min(1).optional().describe('Account there; as ssh has it when absent'),
  port: z.int().min(1).max(65_535).optional().describe('As ssh has it when absent'),
  identityFile: path.optional().describe('Private key for ssh'),
  configFile: path.optional().describe("Configuration for ssh instead of the user's own"),
  knownHostsFile: path.optional().describe("Known host keys, instead of the user's own"),
  connectTimeout: limit.prefault('15s').describe('How long a connection may take to come about'),
});

/** Name of a variable of the environment, as shells have them. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of letters, digits and underscores');
/** A field name of RFC 9110, section 5.1. */
const header = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'a name of a header');

const filesSource = z.strictObject({
  files: z.array(path).min(1).describe('Paths to back up, with all below them'),
  exclude: z.array(z.string()).default([]).describe('Patterns of what is left out, as restic has them'),
  iexclude: z.array(z.string()).default([]).describe('The same, capitals and small letters alike'),
  excludeFile: z.array(path).default([]).describe('Files with such patterns, a line each'),
  excludeIfPresent: z
    .array(z.string())
    .default([])
    .describe('Leaves out what is in a folder with such a file: NAME or NAME:BEGINNING'),
  excludeCaches: z.boolean().default(false).describe('Leaves out folders with a CACHEDIR.TAG'),
  excludeLargerThan: size.optional().describe('Leaves out larger files'),
  minFiles: z
    .int()
    .min(0)
    .default(1)
    .describe('Fewer files than this are a failure: an empty folder is often one that is not mounted'),
  oneFileSystem: z.boolean().default(false).describe('Does not go into other file systems mounted below'),
});

const commandSource = z.strictObject({
  command: command.describe('Program and arguments, run without a shell; its output is backed up'),
  as: name.describe('Name of the file that the output becomes in the snapshot'),
  host: z.string().default(LOCAL).describe('Where it runs'),
  environment: z.record(variable, secret).default({}).describe('Variables for the program; each may be a secret'),
  minSize: size.default(1).describe('Less output than this is a failure: an empty dump is none'),
  timeLimit: limit.prefault('6h').describe('It is stopped after this, and the run has failed'),
});

const clusterSource = z.strictObject({
  cluster: name.describe('A cluster of `clusters`: the configuration of all its nodes, keys too, and its CIB'),
  timeLimit: limit.prefault('2m').describe('A node that does not answer within this is told as missing'),
});

const anomaly = z.strictObject({
  factor: z.number().min(1.1).default(3).describe('A run is unusual when it departs by more than this from the median'),
  runs: z.int().min(3).max(1000).default(14).describe('How many earlier good runs it is compared with'),
});

const plan = z.strictObject({
  vault: z.string().min(1).describe('Name of the vault it backs up to'),
  sources: z
    .array(z.union([filesSource, commandSource, clusterSource]))
    .min(1)
    .refine((sources) => sources.filter((each) => 'files' in each).length <= 1, 'one source of files, with all paths')
    .describe('All become one snapshot, or none'),
  hostname: name.optional().describe("Name of the host in the snapshots; this machine's when absent"),
  tags: z.array(name).default([]).describe('Tags of its snapshots, beside that of the plan'),
  schedule: scheduled.optional().describe('Runs only by hand when absent'),
  hooks: z
    .strictObject({
      before: z.array(hook).default([]).describe('Run first; when one fails, nothing is backed up'),
      after: z.array(hook).default([]).describe('Run last when all went well; when one fails, so has the run'),
      failure: z.array(hook).default([]).describe('Run when the run failed, whatever it was'),
    })
    .prefault({})
    .describe('Programs run around the backup'),
  timeLimit: limit.prefault('24h').describe('The whole run is stopped after this'),
  retention: retention.optional().describe('Which snapshots stay; all, when absent'),
  readBack: z.boolean().default(true).describe('After each run what it stored is read back and compared'),
  overdueAfter: limit.optional().describe('Overdue when the newest good run is older; else two turns of the schedule'),
  anomaly: z
    .union([z.literal(false), anomaly])
    .prefault({})
    .describe('Unlike earlier runs: kept but not promoted, and reported; false looks for none'),
  notify: z.array(z.string()).optional().describe('Notification targets; those of the routes when absent'),
});

const severity = z.enum(['info', 'warning', 'critical']);

/** With a domain, or a user of this machine: who reads it is for the mail server to know. */
export const mailbox = z
  .string()
  .regex(/^[^\s@<>(),;:\\"-][^\s@<>(),;:\\"]*(?:@[^\s@<>(),;:\\"]+)?$/, 'a mail address');

const mail = z.strictObject({
  to: z.array(mailbox).min(1).describe('Addresses'),
  from: z.string().optional().describe('Sender; the user at this machine when absent'),
  smtp: z
    .strictObject({
      host: z.string().min(1).describe('Name or address of the server'),
      port: z.int().min(1).max(65_535).default(587).describe('Usually 587 with starttls, 465 with implicit'),
      tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').describe('none only for this machine itself'),
      caFile: path.optional().describe('Certificates to trust beside those of the system'),
      user: z.string().min(1).optional().describe('Account; none when absent'),
      password: secret.optional().describe('Password of the account'),
    })
    .optional()
    .describe("A mail server; the machine's own sendmail when absent"),
  sendmail: path.default('/usr/sbin/sendmail').describe('Program that takes a message as sendmail(8) does'),
});
const webhook = z.strictObject({
  url: secret.describe('Address that gets a POST with JSON'),
  headers: z.record(header, secret).default({}).describe('Headers of the request, such as Authorization'),
});
const ping = z.strictObject({
  url: secret.describe('Address that gets a request; /start and /fail are added for a begin and a failure'),
});

const target = z
  .strictObject({
    mail: mail.optional().describe('Mail to people'),
    webhook: webhook.optional().describe('A request to a program on the web'),
    ping: ping.optional().describe('A dead-man switch, which tells when it hears nothing'),
    timeLimit: limit.prefault('30s').describe('One message is given up after this'),
    atMost: z.int().min(1).default(20).describe('Messages an hour; what is over that is told in the next one'),
  })
  .refine(
    (given) => [given.mail, given.webhook, given.ping].filter((each) => each !== undefined).length === 1,
    'exactly one of mail, webhook, ping',
  );

const route = z.strictObject({
  to: z.array(z.string()).min(1).describe('Notification targets'),
  plans: z.array(z.string()).optional().describe('Only about these plans'),
  severity: severity.default('info').describe('Only what is at least so bad'),
});

export const configSchema = z.strictObject({
  include: z.array(z.string()).default([]).describe('More files, with patterns, beside this one'),
  timezone: z
    .string()
    .optional()
    .describe("Time zone of schedules and shelves, such as Europe/Berlin; the machine's own when absent"),
  stateDirectory: path.default('/var/lib/holdfast').describe('Ledger, logs of runs'),
  vaults: z.record(name, vault).default({}).describe('Vaults by name'),
  hosts: z.record(name, host).default({}).describe('Other machines by name; this one is local'),
  plans: z.record(name, plan).default({}).describe('Plans of backup by name'),
  shelves: z.record(name, shelf).default({}).describe('Shelves of dated archives by name'),
  clusters: z.record(name, cluster).default({}).describe('Clusters that run, by name'),
  failover: z
    .record(name, failover)
    .default({})
    .describe('Clusters that are to be, by name, for holdfast ha import --pair'),
  notifications: z
    .strictObject({
      targets: z.record(name, target).default({}).describe('Who can be told, by name'),
      routes: z.array(route).default([]).describe('Who is told of what; each route adds its targets'),
      summary: scheduled.optional().describe('When a daily summary leaves; none when absent'),
    })
    .prefault({})
    .describe('Who hears of trouble'),
  daemon: z
    .strictObject({
      runsAtOnce: z.int().min(1).max(64).default(2).describe('Runs of all plans together'),
      listen: z.string().optional().describe('Address and port for /metrics and /healthz, such as 127.0.0.1:9419'),
      textfile: path.optional().describe('File for the textfile collector of node_exporter'),
      logDays: z.int().min(1).default(90).describe('Days that logs of runs are kept'),
    })
    .prefault({})
    .describe('What holdfast serve does beside running plans'),
});

/** A whole configuration with every default filled in. Durations in milliseconds, sizes in bytes. */
export type Config = z.output<typeof configSchema>;
export type PlanConfig = Config['plans'][string];
export type VaultConfig = Config['vaults'][string];
export type HostConfig = Config['hosts'][string];
export type ShelfConfig = Config['shelves'][string];
export type TargetConfig = Config['notifications']['targets'][string];
export type ClusterConfig = Config['clusters'][string];
export type SourceConfig = PlanConfig['sources'][number];

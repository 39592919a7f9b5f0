/** The first configuration: a text with comments, made from a few answers. */
import { stringify } from 'yaml';

export interface Answers {
  vault: string;
  /** Paths to back up, at least one. */
  paths: readonly string[];
  /** Time of the schedule, in words. */
  at: string;
  /** Who gets mail; nobody when undefined. */
  mail: string | undefined;
  passwordFile: string;
}

export function draft(answers: Answers): string {
  return [HEAD, vaultPart(answers), planPart(answers), notificationPart(answers), TAIL].join('\n');
}

const HEAD = `# Configuration of Holdfast.
# Every key is in docs/reference/configuration.md; holdfast config schema helps editors to complete them.
# After a change: holdfast config check

# Time zone of all schedules; that of the machine when absent.
# timezone: Europe/Berlin

# More files, their content as if it stood here.
# include: [conf.d/*.yaml]
`;

function vaultPart({ vault, passwordFile }: Answers): string {
  return `vaults:
  main:
    url: ${scalar(vault)}
    password:
      file: ${scalar(passwordFile)}
    # true when it stands somewhere else than what is backed up to it: another building, another town.
    offsite: false
    # Every day a thirtieth of it is read back, so that all of it is proven each month.
    verify:
      schedule: daily
      share: 1/30
    # What no snapshot needs is removed.
    prune:
      schedule: Sun 04:00
`;
}

function planPart({ paths, at }: Answers): string {
  return `plans:
  nightly:
    vault: main
    sources:
      - files:
${paths.map((path) => `          - ${scalar(path)}\n`).join('')}        excludeCaches: true
      # Output of a program becomes a file in the same snapshot:
      # - command: [mysqldump, --single-transaction, --all-databases]
      #   as: databases.sql
    schedule:
      at: ${scalar(at)}
      randomDelay: 15m
    # The last 7 runs; of these each 7th comes up to the next level, which keeps 5; and so on.
    retention:
      ladder:
        - keep: 7
        - { keep: 5, every: 7 }
        - { keep: 12, every: 4 }
`;
}

function notificationPart({ mail }: Answers): string {
  if (mail === undefined)
    return `# Nobody is told when something fails. Such as this would tell:\n${commented(targets('root'))}`;
  return targets(scalar(mail));
}

function targets(mail: string): string {
  return `notifications:
  targets:
    admin:
      mail:
        to: [${mail}]
        # A mail server, instead of the sendmail of this machine:
        # smtp: { host: mail.example.org, user: holdfast, password: { file: mail-password } }
  routes:
    - to: [admin]
`;
}

function commented(text: string): string {
  return text.replace(/^(?=.)/gm, '# ');
}

const TAIL = `# daemon:
#   listen: 127.0.0.1:9419
`;

/** In quotes where YAML needs them; a literal dollar and brace would begin a variable. */
function scalar(text: string): string {
  const literal = text.replaceAll('${', () => '$${');
  const written = stringify(literal, { lineWidth: 0 }).trimEnd();
  return /[[\]{},\n]/.test(written) ? JSON.stringify(literal) : written;
}

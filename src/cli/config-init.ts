import { dirname, join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { inspect } from '../config.ts';
import type { Answers } from './config-draft.ts';
import type { Context } from './context.ts';
import { createFile, isThere, refuseExisting } from './new-file.ts';
import { flag, list, type OptionValues, text } from './options.ts';
import { askLine, type Terminal } from './prompt.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';

const OPTIONS = {
  output: text('file', 'Write it there; - for standard output; the file of --config when not given', { short: 'o' }),
  path: list('path', 'Back this up'),
  at: text('time', 'When: a cron expression, or words such as 22:30, Mon..Fri 22:00'),
  mail: text('address', 'Who gets mail when something fails'),
  yes: flag('Ask nothing: take what is given and defaults for the rest', { short: 'y' }),
  newPassword: flag('Write a random password to the password file, when there is none'),
} as const;

type Options = OptionValues<typeof OPTIONS>;

const DEFAULTS = { vault: '/srv/vault', paths: ['/etc', '/home'], at: '22:30', mail: 'root' };
/** 192 bits of a random password. */
const PASSWORD_BYTES = 24;

export const command = defineCommand({
  description:
    'Writes a first configuration with comments: one vault, one plan, and mail when something fails. Asks on a terminal ' +
    'for what is not given; --yes takes defaults. Nothing is overwritten. The password of the vault goes to a file of its ' +
    'own, that of --password-file or vault-password beside the configuration, which only its owner can read; with ' +
    '--new-password, or when asked for, a random one is written there.',
  examples: [
    { line: 'config init', does: 'answer a few questions and get /etc/holdfast/holdfast.yaml' },
    {
      line: '-r /srv/vault config init --yes --new-password --path /etc --mail ops@example.org',
      does: 'ask nothing',
    },
    { line: 'config init --yes -o -', does: 'look at it first' },
  ],
  options: OPTIONS,
  async run(context, _args, options) {
    const { output, configFile, globals, environment } = context;
    const isPrinted = options.output === '-';
    const file = resolve(isPrinted ? configFile : (options.output ?? configFile));
    const passwordFile = resolve(globals.passwordFile ?? join(dirname(file), 'vault-password'));
    const { draft } = await import('./config-draft.ts');
    const { wantsPassword, ...answers } = await answersOf(context, { options, passwordFile, isPrinted });
    const content = draft(answers);
    await refuseWrong(content, { file, environment });
    if (isPrinted) {
      for (const line of content.trimEnd().split('\n')) output.line(printable(line));
      output.summary({ file: null, content });
      return undefined;
    }
    await refuseExisting(file);
    // The password first: a configuration without it would look finished.
    if (wantsPassword) await createFile(passwordFile, `${await randomPassword()}\n`);
    await createFile(file, content);
    output.line(`Wrote ${printable(file)}`);
    showNext(context, { file, answers, wantsPassword });
    output.summary({ file, password_file: passwordFile, password_written: wantsPassword, vault: answers.vault });
    return undefined;
  },
});

interface Situation {
  options: Options;
  passwordFile: string;
  isPrinted: boolean;
}

async function answersOf(context: Context, situation: Situation): Promise<Answers & { wantsPassword: boolean }> {
  const { options, passwordFile, isPrinted } = situation;
  const { terminal, globals, environment } = context;
  if (!options.yes && terminal === undefined)
    throw new AppError('usage', {
      detail: 'there is no terminal to ask on',
      hint: 'Give --yes to take defaults for what is not given.',
    });
  const asker = options.yes ? undefined : terminal;
  const vault =
    globals.vault ?? environment['HOLDFAST_VAULT'] ?? (await ask(asker, 'Where shall the vault be', DEFAULTS.vault));
  const paths =
    options.path.length > 0
      ? options.path
      : wordsOf(await ask(asker, 'What shall be backed up', DEFAULTS.paths.join(' ')));
  const at = options.at ?? (await ask(asker, 'When', DEFAULTS.at));
  const mail = options.mail ?? (await ask(asker, 'Who gets mail when it fails (- for nobody)', DEFAULTS.mail));
  // A vault that is there already has a password, which is not for us to make up.
  const canWrite = !isPrinted && !(await isThere(passwordFile)) && !(await isThere(join(vault, 'config')));
  const isAsked = canWrite && asker !== undefined && !options.newPassword;
  const reply = isAsked ? await ask(asker, `Write a random password for the vault to ${passwordFile}`, 'yes') : 'no';
  return {
    vault: isAddress(vault) ? vault : resolve(vault),
    paths: paths.map((path) => resolve(path)),
    at,
    mail: mail === '-' || mail === '' ? undefined : mail,
    passwordFile,
    wantsPassword: canWrite && (options.newPassword || /^y/i.test(reply)),
  };
}

/** What is typed, or the default for an empty line or where nobody is asked. */
async function ask(terminal: Terminal | undefined, question: string, fallback: string): Promise<string> {
  if (terminal === undefined) return fallback;
  const typed = (await askLine(`${question} [${printable(fallback)}]: `, terminal)).trim();
  return typed === '' ? fallback : typed;
}

function wordsOf(typed: string): string[] {
  return typed.split(/\s+/).filter((word) => word !== '');
}

function isAddress(vault: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(vault);
}

/** An answer that makes no configuration, such as a time that is none. @throws {AppError} `usage` */
async function refuseWrong(
  content: string,
  { file, environment }: { file: string; environment: Context['environment'] },
): Promise<void> {
  const read = await inspect.readConfigText(content, { file, environment });
  if (!('problems' in read)) return;
  const { path, text: reason } = read.problems[0]!;
  throw new AppError('usage', { detail: `${inspect.textOfPath(path)}: ${reason}`, hint: 'Nothing was written.' });
}

async function randomPassword(): Promise<string> {
  const { systemRandom } = await import('../host.ts');
  return Buffer.from(systemRandom.bytes(PASSWORD_BYTES)).toString('base64url');
}

interface Written {
  file: string;
  answers: Answers;
  wantsPassword: boolean;
}

function showNext({ output, configFile }: Context, { file, answers, wantsPassword }: Written): void {
  const { vault, passwordFile } = answers;
  if (wantsPassword) {
    output.line(`Wrote a random password to ${printable(passwordFile)}`);
    output.note('Keep a copy of it in a second place: without it the vault is lost.');
  } else output.note(`The password of the vault belongs into ${printable(passwordFile)}, readable by its owner alone.`);
  const config = file === resolve(configFile) && file === '/etc/holdfast/holdfast.yaml' ? '' : `-c ${printable(file)} `;
  output.note(`Next: holdfast -r ${printable(vault)} -p ${printable(passwordFile)} init`);
  output.note(`      holdfast ${config}config check`);
}

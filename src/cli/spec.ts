import type { Context } from './context.ts';
import type { OptionSpecs, OptionValues } from './options.ts';

export interface ArgumentSpec {
  /** `<snapshot>` must be given, `[path]` may be, `[path...]` any number of times. Only the last may repeat. */
  readonly usage: string;
  readonly description: string;
  /** What completion offers; files when absent. */
  readonly choices?: readonly string[];
}

export interface Example {
  /** Without the word holdfast: `ls latest /etc`. */
  readonly line: string;
  /** What it does, as a phrase. */
  readonly does: string;
}

/**
 * One command, in a file of its own under the command's name. The name itself and the one-line summary stand in
 * `table.ts`, so that help needs to load no command. A command looks like this:
 *
 *     // src/cli/ls.ts
 *     export const command = defineCommand({
 *       description: 'Lists what a snapshot holds. Directories end with a slash.',
 *       examples: [{ line: 'ls latest /etc', does: 'list /etc of the newest snapshot' }],
 *       arguments: [
 *         { usage: '<snapshot>', description: 'Id, first digits of an id, or latest' },
 *         { usage: '[path...]', description: 'Only these paths' },
 *       ],
 *       options: { long: flag('Show mode, owner, size and time', { short: 'l' }), host: list('host', 'Only of this host') },
 *       async run({ output, signal, ...context }, [snapshot, ...paths], { long, host }) {
 *         await using vault = await context.openVault();
 *         for await (const entry of vault.list(snapshot!, { paths, host, signal })) {
 *           output.line(long ? longLine(entry) : textOfName(entry.path));      // people; silent with --json
 *           output.record('node', { path: entry.path, size: entry.size });     // programs; silent without --json
 *         }
 *         output.summary({ nodes: count });                                    // programs: the last line
 *       },
 *     });
 *
 *     // src/cli/table.ts
 *     ls: { section: 'Looking', summary: 'List the files of a snapshot', load: async () => (await import('./ls.ts')).command },
 *
 * `run` returns nothing when all went well and `'incomplete'` when it finished but warned of things it could not do
 * (exit code 3); everything else is thrown. Heavy parts are imported inside `run`, so that completion stays quick.
 */
export interface CommandSpec<O extends OptionSpecs = OptionSpecs> {
  /** Full sentences for `--help` and the reference page. */
  readonly description: string;
  readonly examples: readonly Example[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: O;
  /** Standard output carries bytes of the command's own (a file, a script); JSON lines then go to standard error. */
  readonly writesBytes?: boolean;
  run(context: Context, args: readonly string[], options: OptionValues<O>): Promise<'incomplete' | undefined>;
}

/** Ties the type of `options` in `run` to what was declared. */
export function defineCommand<O extends OptionSpecs>(spec: CommandSpec<O>): CommandSpec {
  return spec;
}

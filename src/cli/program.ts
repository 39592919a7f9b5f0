/** One call of the program: from arguments to an exit code. */
import { AppError, errnoOf } from '../base/errors.ts';
import type { Clock } from '../host.ts';
import { createContext, type Edge } from './context.ts';
import { explain } from './errors.ts';
import { groupHelp, programHelp } from './help.ts';
import { asksForJson, locate } from './locate.ts';
import { Output } from './output.ts';
import type { Invocation, NamedCommand } from './parse.ts';
import { wantsColour } from './style.ts';
import { COMMANDS, type CommandEntry } from './table.ts';

const COLUMNS_UNKNOWN = 80;

type Table = Readonly<Record<string, CommandEntry>>;

type Request = { kind: 'text'; text: string } | { kind: 'command'; command: NamedCommand; invocation: Invocation };

interface Prepared {
  command: NamedCommand;
  invocation: Invocation;
  clock: Clock;
}

/** Does what the arguments say and resolves with the exit code, when all output is written. Never rejects. */
export async function runProgram(edge: Edge, table: Table = COMMANDS): Promise<number> {
  let output = outputOf(edge);
  let exitCode: number;
  try {
    const request = await understand(edge, table);
    if (request.kind === 'text') {
      await output.bytes(request.text);
      return 0;
    }
    const clock = await edge.loadClock();
    output = outputOf(edge, { ...request, clock });
    exitCode = await execute(edge, { ...request, clock }, output);
  } catch (error) {
    exitCode = fail(error, edge, output);
  }
  try {
    await output.close();
  } catch (error) {
    exitCode = fail(error, edge, output);
  }
  return exitCode;
}

/** Reports what was thrown where nobody could catch it, and gives the exit code; all output is then written. */
export function reportCrash(edge: Edge, error: unknown): number {
  const output = outputOf(edge);
  output.failure(explain(error));
  output.flush();
  return 1;
}

/** Text to be shown, or a command with its values. */
async function understand({ argv, stdout, version }: Edge, table: Table): Promise<Request> {
  const columns = stdout.columns || COLUMNS_UNKNOWN;
  const located = locate(argv, Object.keys(table));
  if (located.kind === 'nothing') throw new AppError('usage', { detail: 'no command given' });
  if (located.kind === 'version') return { kind: 'text', text: `holdfast ${version}\n` };
  if (located.kind === 'help') {
    const { group } = located;
    return { kind: 'text', text: group === undefined ? programHelp(table, columns) : groupHelp(table, group, columns) };
  }
  const { parse, commandHelp } = await import('./parse.ts');
  const command = { name: located.name, spec: await table[located.name]!.load() };
  const invocation = parse(command, located.rest);
  if (invocation === undefined) return { kind: 'text', text: commandHelp(command, columns) };
  return { kind: 'command', command, invocation };
}

async function execute(edge: Edge, { command, invocation, clock }: Prepared, output: Output): Promise<number> {
  const context = createContext({ edge, globals: invocation.globals, output, clock });
  const outcome = await command.spec.run(context, invocation.args, invocation.options);
  return outcome === 'incomplete' ? new AppError('incomplete').exitCode : 0;
}

/** Before the command is known, output is for errors and help only. */
function outputOf(edge: Edge, prepared?: Prepared): Output {
  const globals = prepared?.invocation.globals;
  return new Output({
    stdout: edge.stdout,
    stderr: edge.stderr,
    colour: wantsColour(edge.environment),
    json: globals?.json ?? asksForJson(edge.argv),
    quiet: globals?.quiet ?? false,
    verbosity: globals?.verbose ?? 0,
    showsProgress: !globals?.noProgress,
    writesBytes: prepared?.command.spec.writesBytes ?? false,
    elapsedMs: () => prepared?.clock.monotonicMs() ?? 0,
    onLost: edge.stop,
  });
}

/** Reports the error and gives its exit code. When the reader of our output has gone, there is nobody to tell. */
function fail(error: unknown, { signal }: Edge, output: Output): number {
  const explanation = explain(error, signal);
  const isReaderGone = [error, signal.reason].some(
    (each) => each instanceof AppError && errnoOf(each.cause) === 'EPIPE',
  );
  if (!isReaderGone) output.failure(explanation);
  return explanation.exitCode;
}

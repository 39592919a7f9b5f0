/** The completion script for fish 3 and later. */
import { type CompletedCommand, type CompletedOption, type CompletionModel, fill } from './completion-model.ts';

export function fishCompletion({ globals, commands, groups }: CompletionModel): string {
  const takers = globals.filter(({ placeholder }) => placeholder !== undefined);
  const lines = [
    ...globals.map((option) => optionLine(undefined, option)),
    ...groups.map((group) => {
      const words = group.split(' ');
      return offer(words.slice(0, -1).join(' '), words.at(-1)!, `Commands of ${group}`);
    }),
    ...commands.flatMap((command) => [nameLine(command), ...argumentLines(command), ...optionLines(command)]),
  ];
  return fill(SCRIPT, {
    TAKERS: takers.flatMap(({ flag, short }) => (short === undefined ? [flag] : [flag, short])).join(' '),
    GROUPS: groups.map(quote).join(' '),
    LINES: lines.join('\n'),
  });
}

function nameLine({ name, summary }: CompletedCommand): string {
  const words = name.split(' ');
  return offer(words.slice(0, -1).join(' '), words.at(-1)!, summary);
}

function argumentLines({ name, arguments: [first] }: CompletedCommand): string[] {
  return (first?.choices ?? []).map((choice) => offer(name, choice, first!.description));
}

function optionLines({ name, options }: CompletedCommand): string[] {
  return options.map((option) => optionLine(name, option));
}

function offer(path: string, word: string, description: string): string {
  return `complete -c holdfast -f -n ${quote(`__holdfast_at ${quoteInner(path)}`)} -a ${quote(word)} -d ${quote(description)}`;
}

function optionLine(
  name: string | undefined,
  { flag, short, description, placeholder, choices }: CompletedOption,
): string {
  const condition = name === undefined ? '' : ` -n ${quote(`__holdfast_at ${quoteInner(name)}`)}`;
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${flag.slice(2)}`;
  const value = placeholder === undefined ? '' : choices.length === 0 ? ' -r -F' : ` -x -a ${quote(choices.join(' '))}`;
  return `complete -c holdfast${condition}${names}${value} -d ${quote(description)}`;
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** Names of commands hold letters, dashes and a space only. */
function quoteInner(path: string): string {
  return `"${path}"`;
}

const SCRIPT = `# fish completion for holdfast. Install it with: holdfast completion fish > ~/.config/fish/completions/holdfast.fish

# The command typed so far, without options: empty, one word, or several for a group.
function __holdfast_command
    set -l found
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word @TAKERS@
            set skip 1
        else if string match -q -- '-*' $word
            continue
        else if test (count $found) = 0
            set found $word
        else if contains -- "$found" @GROUPS@
            set -a found $word
        end
    end
    echo "$found"
end

function __holdfast_at
    test (__holdfast_command) = "$argv[1]"
end

@LINES@
`;

/** The completion script for zsh, with its own `_arguments`. */
import {
  type CompletedCommand,
  type CompletedOption,
  type CompletionModel,
  fill,
  type NextWord,
  nextWords,
} from './completion-model.ts';

export function zshCompletion(model: CompletionModel): string {
  const words = nextWords('', model);
  return fill(SCRIPT, {
    GLOBALS: model.globals.flatMap(argumentsOfOption).join('\n    '),
    NAMES: words.map((word) => describedWord('', word)).join('\n    '),
    CASES: words.map((word) => wordCase('', word, model)).join('\n'),
  });
}

function wordCase(group: string, { word, command }: NextWord, model: CompletionModel): string {
  return command === undefined
    ? groupCase(group === '' ? word : `${group} ${word}`, model)
    : commandCase(word, command);
}

function describedWord(group: string, { word, command }: NextWord): string {
  return described(word, command?.summary ?? `Commands of ${group === '' ? word : `${group} ${word}`}`);
}

function groupCase(group: string, model: CompletionModel): string {
  const members = nextWords(group, model);
  return `        ${group.split(' ').at(-1)})
          if ((CURRENT == 2)); then
            members=(${members.map((word) => describedWord(group, word)).join(' ')})
            _describe -t commands command members
          else
            shift words
            ((CURRENT--))
            case $words[1] in
${members.map((word) => wordCase(group, word, model)).join('\n')}
            esac
          fi
          ;;`;
}

function commandCase(name: string, command: CompletedCommand): string {
  const words = [...command.options.flatMap(argumentsOfOption), ...command.arguments.map(argumentOf)];
  return `        ${name})\n          _arguments -s $globals ${words.join(' ')}\n          ;;`;
}

/** One specification for the long and one for the short form, each excluding the other unless it may be repeated. */
function argumentsOfOption({ flag, short, description, placeholder, choices, repeat }: CompletedOption): string[] {
  const names = short === undefined ? [flag] : [short, flag];
  const action = choices.length === 0 ? '_files' : `(${choices.join(' ')})`;
  const value = placeholder === undefined ? '' : `:${placeholder}:${action}`;
  const prefix = repeat ? '*' : `(${names.join(' ')})`;
  return names.map((name) => {
    const sign = placeholder === undefined ? '' : name.startsWith('--') ? '=' : '+';
    return quote(`${prefix}${name}${sign}[${escaped(description)}]${value}`);
  });
}

function argumentOf({ usage, choices }: { usage: string; choices?: readonly string[] }): string {
  const isMany = usage.includes('...');
  const name = usage.replace(/[[\]<>.]/g, '');
  const action = choices === undefined ? '_files' : `(${choices.join(' ')})`;
  return quote(`${isMany ? '*' : ''}:${name}:${action}`);
}

function described(name: string, summary: string): string {
  return quote(`${name}:${summary.replaceAll(':', '\\:')}`);
}

/** Brackets and colons end a description in `_arguments`. */
function escaped(description: string): string {
  return description.replace(/[[\]:\\]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const SCRIPT = `#compdef holdfast
# zsh completion for holdfast. Load it with: source <(holdfast completion zsh)

_holdfast() {
  local context state line curcontext="$curcontext"
  local -a globals names members
  typeset -A opt_args
  globals=(
    @GLOBALS@
  )
  names=(
    @NAMES@
  )
  _arguments -C -s $globals '1: :->command' '*:: :->rest'
  case $state in
    command)
      _describe -t commands command names
      ;;
    rest)
      case $words[1] in
@CASES@
      esac
      ;;
  esac
}

if [ "$funcstack[1]" = _holdfast ]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`;

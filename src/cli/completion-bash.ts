/** The completion script for bash 4.2 and later; needs no bash-completion package. */
import { type CompletedOption, type CompletionModel, fill, nextWords } from './completion-model.ts';

export function bashCompletion(model: CompletionModel): string {
  const { globals, commands, groups } = model;
  const flags = commands.map(({ name, options }) => `    '${name}') echo '${flagWords([...options, ...globals])}' ;;`);
  const takers = commands
    .map(({ name, options }) => ({ name, words: valueWords(options) }))
    .filter(({ words }) => words !== '')
    .map(({ name, words }) => `    '${name}') echo '${words}' ;;`);
  const choices = commands.flatMap(({ name, options }) =>
    options.filter(hasChoices).map((option) => choiceLine(name, option)),
  );
  const words = [
    ...['', ...groups].map((group) => {
      const following = nextWords(group, model).map(({ word }) => word);
      return `    '${group}') echo '${following.join(' ')}' ;;`;
    }),
    ...commands
      .filter((command) => command.arguments[0]?.choices !== undefined)
      .map(({ name, arguments: [first] }) => `    '${name}') echo '${first!.choices!.join(' ')}' ;;`),
  ];
  return fill(SCRIPT, {
    FLAGS: flags.join('\n'),
    GLOBAL_FLAGS: flagWords(globals),
    TAKERS: takers.join('\n'),
    GLOBAL_TAKERS: valueWords(globals),
    CHOICES: choices.join('\n'),
    WORDS: words.join('\n'),
    GROUPS: groups.map((group) => `'${group}'`).join(' | '),
  });
}

function flagWords(options: readonly CompletedOption[]): string {
  return options.flatMap(({ flag, short }) => (short === undefined ? [flag] : [flag, short])).join(' ');
}

function valueWords(options: readonly CompletedOption[]): string {
  return flagWords(options.filter(({ placeholder }) => placeholder !== undefined));
}

function hasChoices({ choices }: CompletedOption): boolean {
  return choices.length > 0;
}

function choiceLine(name: string, { flag, short, choices }: CompletedOption): string {
  const patterns = [flag, ...(short === undefined ? [] : [short])].map((each) => `'${name} ${each}'`).join(' | ');
  return `    ${patterns}) echo '${choices.join(' ')}' ;;`;
}

/** Where nothing is offered, bash completes file names itself (`-o default`), with its own quoting. */
const SCRIPT = `# bash completion for holdfast. Load it with: source <(holdfast completion bash)

_holdfast_flags() {
  case $1 in
@FLAGS@
    *) echo '@GLOBAL_FLAGS@' ;;
  esac
}

_holdfast_takers() {
  echo '@GLOBAL_TAKERS@'
  case $1 in
@TAKERS@
    *) ;;
  esac
}

_holdfast_choices() {
  case $1 in
@CHOICES@
    *) ;;
  esac
}

_holdfast_words() {
  case $1 in
@WORDS@
    *) ;;
  esac
}

_holdfast_is_group() {
  case $1 in
    '' | @GROUPS@) return 0 ;;
    *) return 1 ;;
  esac
}

_holdfast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command='' option='' word i operands=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ $word == '--' ]]; then
      return
    elif [[ $word == -* ]]; then
      option=''
      if [[ " $(_holdfast_takers "$command") " == *[[:space:]]"$word"[[:space:]]* ]]; then
        option=$word
        if [[ \${COMP_WORDS[i + 1]} == '=' ]]; then ((i++)); fi
        ((i + 1 < COMP_CWORD)) && option=''
        ((i++))
      fi
    elif _holdfast_is_group "$command"; then
      command="\${command:+$command }$word"
    else
      operands=$((operands + 1))
    fi
  done
  [[ $cur == '=' ]] && cur=''
  if [[ $option != '' ]]; then
    COMPREPLY=($(compgen -W "$(_holdfast_choices "$command $option")" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_holdfast_flags "$command")" -- "$cur"))
  elif ((operands == 0)); then
    COMPREPLY=($(compgen -W "$(_holdfast_words "$command")" -- "$cur"))
  fi
}

complete -o default -F _holdfast holdfast
`;

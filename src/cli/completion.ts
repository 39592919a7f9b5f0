import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { type CompletionModel, completionModel } from './completion-model.ts';
import { zshCompletion } from './completion-zsh.ts';
import { defineCommand } from './spec.ts';

const SHELLS: Readonly<Record<string, (model: CompletionModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const command = defineCommand({
  description: 'Prints a script that makes the shell complete commands, options and their values.',
  examples: [
    { line: 'completion bash > /etc/bash_completion.d/holdfast', does: 'for every user of bash' },
    { line: 'completion zsh > ~/.zfunc/_holdfast', does: 'for zsh, where ~/.zfunc is in fpath' },
    { line: 'completion fish > ~/.config/fish/completions/holdfast.fish', does: 'for fish' },
  ],
  arguments: [{ usage: '<shell>', description: 'bash, zsh or fish', choices: Object.keys(SHELLS) }],
  writesBytes: true,
  async run({ output }, [shell]) {
    assert(shell !== undefined, 'the shell is a required argument');
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (write === undefined)
      throw new AppError('usage', { detail: `no completion for ${shell}`, hint: 'Give one of: bash, zsh, fish.' });
    const { COMMANDS } = await import('./table.ts');
    await output.bytes(write(await completionModel(COMMANDS)));
    return undefined;
  },
});

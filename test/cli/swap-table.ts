/** Preloaded with `--import`: the program finds the commands of the tests instead of its own. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const isTable = ['./table.ts', './cli/table.ts'].includes(specifier);
    return next(isTable ? new URL('./commands.ts', import.meta.url).href : specifier, context);
  },
});

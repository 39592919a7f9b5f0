/** `npm run check`: what `npm test` does, but without installing system packages. */
import { testAll } from './test.ts';

await testAll(['--no-install', ...process.argv.slice(2)]);

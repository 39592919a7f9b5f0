import { endContract } from './end-contract.ts';
import { localEnd } from './local-end.ts';

endContract('on this machine', { open: (root, onProblem) => localEnd(root, { onProblem }) });

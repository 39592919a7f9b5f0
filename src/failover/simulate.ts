/** What happens if: faults put to Pacemaker's own scheduler, and what it answers made complete and judged. */
export { type AllOutcome, everyFaultSet, simulateAll, simulateEach } from './simulate/all.ts';
export { formatFault, parseFault, singleFaults, wordsOfFault } from './simulate/fault.ts';
export type { Fault, Outcome, World } from './simulate/model.ts';
export { drawOutcome } from './simulate/picture.ts';
export { planSimulation } from './simulate/plan.ts';
export { simulateFaults } from './simulate/settle.ts';
export { openWorld } from './simulate/world.ts';

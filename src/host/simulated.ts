/** A made-up machine for tests and simulation: the ports of the real one, with nothing behind them. */
export { fixedClock } from './clock.ts';
export { fixedIdentity } from './identity.ts';
export { type ProcessCall, type ScriptedAnswer, scriptedProcesses } from './processes.ts';
export { seededRandom } from './random.ts';

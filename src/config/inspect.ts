/** What the commands of the group `config` look at. */
export { type Checked, checkMachine, type MachineCheck, machineChecks } from './checks.ts';
export { effective, valueAt } from './effective.ts';
export { readConfig, readText as readConfigText } from './load.ts';
export { type Problem, pathOf, textOfPath, textOfProblem } from './problem.ts';
export { jsonSchema, type KeySection, keySections } from './reference.ts';
export { type Warning, warningsOf } from './warnings.ts';

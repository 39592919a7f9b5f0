/** Pacemaker's own scheduler, asked offline through crm_simulate(8) what it would do. Nothing of a cluster is changed. */
export { type LiveConfiguration, readLiveConfiguration } from './simulator/live.ts';
export type {
  GraphAction,
  ResourceNow,
  SimulatedTransition,
} from './simulator/model.ts';
export { openSimulator, type Simulator } from './simulator/run.ts';

/** Readiness before something is taken from a node: each thing it rests on, examined or not, and going on all the same. */
export { gatherReadiness } from './verdict/gather.ts';
export type { FencingProof } from './verdict/inputs.ts';
export type { ReplicaEvidence } from './verdict/inputs-replicas.ts';
export { expectReadiness, judgeReadiness } from './verdict/judge.ts';
export type { Verdict } from './verdict/model.ts';

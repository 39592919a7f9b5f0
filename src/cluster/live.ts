/** A running cluster: asking its machines, what they say in one form, and what is wrong with it. */
/** For tests. */
export { playedNode } from './heartbeat-live/played.ts';
export { type ReadOptions, runTool, type Seat } from './pacemaker/tool.ts';
export { placeOfDevice } from './state/device.ts';
export { type Holding, judgeDevice } from './state/judge-device.ts';
export { wordsOfNode } from './state/judge-nodes.ts';
export { changeOf, isStoppedOnPurpose } from './state/judge-resources.ts';
export { isHealthy, readState, type Survey, statesOf, surveyCluster } from './state/survey.ts';
export { isFenceDevice, type Placed, primitivesOf } from './state/walk.ts';
export type * from './state.ts';

/** Reading chosen packs back, and which packs snapshots need: one name to import at the door. */
export { packsOf } from './verify/needed.ts';
export { type ReadBackProgress, readBack } from './verify/read-back.ts';
export { surveyPacks } from './verify/survey.ts';

/** Moving to Pacemaker: from the files of Heartbeat, a v2 XML or a description of pairs to the files of a new cluster. */
export {
  importFromDescription,
  type PairDescription,
} from './import/describe.ts';
export { corosyncText, documentsOf, withoutSecrets } from './import/documents.ts';
export type {
  Explanation,
  ImportGroup,
  ImportInput,
  ImportPlan,
  ScriptKind,
  Unmapped,
} from './import/model.ts';
export { planCorosync, planImport } from './import/plan.ts';
export * as services from './import/services.ts';
export { type ScratchFile, upgradeCib } from './import/upgrade.ts';

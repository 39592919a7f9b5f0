/**
 * What is captured. So far files: which of them (`createSelection`, restic's pattern rules), and what each is
 * (`capture`), read through open directories so that any name and any depth will do.
 */
export * as capture from './source/files/capture.ts';
export * as filesFrom from './source/files/files-from.ts';
export { createRestoreFilter, type RestoreFilter, type RestoreFilterOptions } from './source/files/include.ts';
export { toRaw } from './source/files/raw-text.ts';
export {
  createSelection,
  rejectsBesideTags,
  type Selection,
  type SelectionOptions,
  type TagFile,
} from './source/files/select.ts';

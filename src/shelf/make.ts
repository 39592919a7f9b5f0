/** Making archives. */
export { outputOf, packFolder } from './pack.ts';
export { putArchive } from './put.ts';

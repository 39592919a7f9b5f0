/** Taking things out of archives. */
export { type Answer, examineArchive, type NamedQuery, QUERIES } from './examine.ts';
export { extractArchive } from './extract.ts';

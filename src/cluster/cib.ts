/** The CIB, Pacemaker's configuration: the document without loss, what it says, building it, and what differs. */
export { addToCib, buildCib, FEATURE_SET } from './cib/build.ts';
export { type CibChange, diffCibs, wordsOf } from './cib/diff.ts';
export type * from './cib/model.ts';
export type * from './cib/plain.ts';
export { epochOf, readCib } from './cib/read.ts';
export { valueIn, valuesIn } from './cib/read-parts.ts';
export { everyResource, withTemplates } from './cib/read-resources.ts';
export {
  durationMs,
  formatAgent,
  formatScore,
  INFINITY_SCORE,
  isSecretName,
  parseBoolean,
  parseScore,
} from './cib/values.ts';
export { insertElement, sectionOf, setAttribute } from './cib/write.ts';
export {
  element,
  elementsOf,
  everyElement,
  formatXml,
  parseXml,
  placeOfElement,
  rootOf,
  type XmlDocument,
  type XmlElement,
} from './cib/xml.ts';

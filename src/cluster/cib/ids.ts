/** Ids of a CIB: NCNames of XML Schema, each there once (Pacemaker's schemas, type `ID`). */
import { AppError } from '../../base/errors.ts';
import { everyElement, rootOf, type XmlDocument } from './xml.ts';
import { isNcName } from './xml-text.ts';

/** Elements whose id names something else: another element, a node, a user, or a row of the status section. */
const REFERENCES = new Set(['resource_ref', 'role', 'obj_ref', 'role_ref', 'acl_target', 'acl_group', 'node']);

export interface Ids {
  /**
   * Takes an id that somebody chose.
   * @throws {AppError} `config` when it is no id or is there already
   */
  take(id: string): string;
  /** The nearest id to `wanted` that is valid and free. */
  derive(wanted: string): string;
}

/** The ids of a document, to which others are added; of none, for a new one. */
export function idsOf(document?: XmlDocument): Ids {
  const taken = new Set(document === undefined ? [] : elementsWithId(document).map(({ id }) => id));
  const derive = (wanted: string): string => {
    const base = ncName(wanted);
    let id = base;
    for (let number = 1; taken.has(id); number++) id = `${base}-${number}`;
    taken.add(id);
    return id;
  };
  const take = (id: string): string => {
    if (!isNcName(id)) {
      const hint = `Use letters, digits, - _ and ., beginning with a letter: for example ${ncName(id)}.`;
      throw new AppError('config', { detail: `${JSON.stringify(id)} cannot be an id in a CIB`, hint });
    }
    if (taken.has(id))
      throw new AppError('config', { detail: `the id ${id} is there already`, hint: 'Choose another id.' });
    taken.add(id);
    return id;
  };
  return { take, derive };
}

/** Ids that stand for their element; the status section has ids of its own. */
export function elementsWithId(document: XmlDocument): { id: string; offset: number | undefined }[] {
  const found: { id: string; offset: number | undefined }[] = [];
  const root = rootOf(document);
  const status = root.children.find((node) => node.kind === 'element' && node.name === 'status');
  const inStatus = new Set(status?.kind === 'element' ? everyElement(status) : []);
  for (const element of everyElement(root)) {
    const id = element.attributes.get('id');
    if (id === undefined || REFERENCES.has(element.name) || inStatus.has(element)) continue;
    found.push({ id, offset: element.offset });
  }
  return found;
}

function ncName(wanted: string): string {
  const chars = [...wanted].map((char) => (isNcName(`_${char}`) ? char : '_')).join('');
  return isNcName(chars) ? chars : `_${chars}`;
}

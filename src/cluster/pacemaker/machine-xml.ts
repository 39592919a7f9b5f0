/** XML that programs of Pacemaker print. Read only; documents that are kept and changed are those of `cluster/cib`. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AppError, textOf } from '../../base/errors.ts';

export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Element[];
  /** Own text, without that of children. */
  text: string;
}

interface RawNode {
  ':@'?: Record<string, string>;
  '#text'?: string;
  [name: string]: unknown;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: true,
});

/**
 * The one element of a document that `program` printed.
 * @throws {AppError} `cluster-unclear` when it is empty, cut short, not XML, or more than one document
 */
export function readMachineXml(text: string, program: string): Element {
  if (text.trim() === '') throw unclear(program, 'printed nothing');
  // Entities of its own would be a document of somebody else: none of these programs declares any.
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw unclear(program, 'printed a document with declarations of its own');
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw unclear(program, `printed XML that is cut short or damaged (${placeOf(verdict.err)})`);
  const roots = elementsOf(parse(text, program));
  if (roots.length !== 1) throw unclear(program, `printed ${roots.length} XML documents instead of one`);
  return roots[0]!;
}

/** What passes the validator and still makes the parser throw, which it does with errors of no class of their own. */
function parse(text: string, program: string): RawNode[] {
  try {
    return parser.parse(text) as RawNode[];
  } catch (error) {
    throw unclear(program, `printed XML that is damaged (${textOf(error)})`);
  }
}

/** An answer that was given and cannot be understood. */
export function unclear(program: string, detail: string, hint?: string): AppError {
  return new AppError('cluster-unclear', {
    detail: `${program} ${detail}`,
    hint: hint ?? `Run it by hand: ${program.split(' ')[0]}. Nothing is concluded from half an answer.`,
  });
}

/** All children of that name, anywhere directly below `element`. */
export function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function childOf(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child) => child.name === name);
}

/** Every element of that name below `element`, in the order of the document. */
export function descendantsOf(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...descendantsOf(child, name)]);
}

function placeOf({ line, col, msg }: { line: number; col?: number; msg: string }): string {
  return `line ${line}${col === undefined ? '' : `, column ${col}`}: ${msg.replace(/\s+/g, ' ')}`;
}

function elementsOf(nodes: readonly RawNode[]): Element[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    if (name === undefined || name.startsWith('?')) return [];
    const inner = node[name] as RawNode[];
    const text = inner.map((each) => each['#text'] ?? '').join('');
    return [{ name, attributes: { ...node[':@'] }, children: elementsOf(inner), text }];
  });
}

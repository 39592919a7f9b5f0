/**
 * Configuration documents in XML 1.0 without loss: declaration, comments, CDATA, entities, order and quotes of attributes
 * and all white space are kept, so that `formatXml(parseXml(text))` is `text`. What is changed is written anew, and only
 * that: an attribute, a start tag, a child. There is no DTD and there are no entities but XML's own, as a document that
 * brings its own could name files of this machine or grow without bound.
 */
import { escapeAttribute, escapeText, expectName } from './xml-text.ts';

export interface XmlDocument {
  kind: 'document';
  /** Name of the file, for messages. */
  file: string;
  /** What was read; empty for a document that was built. */
  text: string;
  /** One element, with declaration, comments, instructions and white space around it. */
  children: XmlNode[];
}

export interface XmlElement {
  kind: 'element';
  readonly name: string;
  /** Decoded values in the order of the text. May be changed: what stays the same keeps its spelling. */
  readonly attributes: Map<string, string>;
  /** May be changed. */
  readonly children: XmlNode[];
  /** Where it begins in the text of its document; undefined when it was built. */
  readonly offset?: number;
  /** How it was spelled. */
  readonly tag?: TagSpelling;
}

export type XmlNode = XmlElement | XmlText | XmlVerbatim;

export interface XmlText {
  kind: 'text';
  /** As spelled, with references. */
  readonly raw: string;
  /** Decoded. */
  readonly text: string;
}

/** What means nothing to a cluster, or stands for itself. */
export interface XmlVerbatim {
  kind: 'comment' | 'cdata' | 'instruction' | 'declaration';
  readonly raw: string;
}

export interface TagSpelling {
  readonly attributes: ReadonlyMap<string, AttributeSpelling>;
  /** White space before the end of the start tag. */
  readonly end: string;
  /** Of the form `<a/>`; taken up only while there are no children. */
  readonly isEmpty: boolean;
  /** White space before the end of the end tag. */
  closeEnd: string;
}

export interface AttributeSpelling {
  /** White space before the name. */
  readonly before: string;
  /** The sign and white space around it. */
  readonly equals: string;
  readonly quote: string;
  readonly raw: string;
  readonly value: string;
}

export { parseXml, placeOfElement } from './xml-reader.ts';

/** The text of a document: what was read, byte for byte, where nothing was changed. */
export function formatXml(node: XmlDocument | XmlNode): string {
  const parts: string[] = [];
  append(node, parts);
  return parts.join('');
}

/** @throws {AppError} `config` when a name or a value cannot be written in XML at all */
export function element(name: string, attributes: Record<string, string>, children: XmlNode[] = []): XmlElement {
  for (const each of [name, ...Object.keys(attributes)]) expectName(each);
  return { kind: 'element', name, attributes: new Map(Object.entries(attributes)), children };
}

export function textNode(text: string): XmlText {
  return { kind: 'text', text, raw: escapeText(text) };
}

/** The one element a document consists of. */
export function rootOf(document: XmlDocument): XmlElement {
  return document.children.find((node) => node.kind === 'element')!;
}

export function elementsOf(parent: XmlElement | XmlDocument, ...names: string[]): XmlElement[] {
  const all = (parent.children as XmlNode[]).filter((node) => node.kind === 'element');
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** The first child of that name, and of that one the first of the next name, and so on. */
export function childOf(parent: XmlElement, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => (at === undefined ? at : elementsOf(at, name)[0]), parent);
}

/** `top` and all elements in it, in the order of the text. */
export function* everyElement(top: XmlElement): Generator<XmlElement> {
  const open = [top];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    yield at;
    open.push(...elementsOf(at).reverse());
  }
}

/** The same once more, so that one can be changed and compared with the other. */
export function copyOf(document: XmlDocument): XmlDocument {
  return { ...document, children: document.children.map(copyOfNode) };
}

function copyOfNode(node: XmlNode): XmlNode {
  if (node.kind !== 'element') return node;
  return { ...node, attributes: new Map(node.attributes), children: node.children.map(copyOfNode) };
}

function append(node: XmlDocument | XmlNode, parts: string[]): void {
  if (node.kind === 'document') for (const child of node.children) append(child, parts);
  else if (node.kind === 'element') appendElement(node, parts);
  else parts.push(node.raw);
}

function appendElement(node: XmlElement, parts: string[]): void {
  const { name, attributes, children, tag } = node;
  parts.push('<', name);
  for (const [key, value] of attributes) parts.push(attributeText(key, value, tag?.attributes.get(key)));
  if (children.length === 0 && (tag === undefined || tag.isEmpty)) {
    parts.push(tag?.end ?? '', '/>');
    return;
  }
  // White space before `/>` is a matter of taste that does not belong before `>`.
  parts.push(tag === undefined || tag.isEmpty ? '' : tag.end, '>');
  for (const child of children) append(child, parts);
  parts.push('</', name, tag?.closeEnd ?? '', '>');
}

function attributeText(name: string, value: string, spelling: AttributeSpelling | undefined): string {
  if (spelling === undefined) return ` ${name}="${escapeAttribute(value, '"')}"`;
  const { before, equals, quote } = spelling;
  const raw = spelling.value === value ? spelling.raw : escapeAttribute(value, quote);
  return `${before}${name}${equals}${quote}${raw}${quote}`;
}

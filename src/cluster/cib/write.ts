/**
 * Changes of a document that leave everything else as it is, down to the white space. What is added takes the indentation
 * of its surroundings; in a document without line breaks it stays on the line.
 */
import { assert } from '../../base/assert.ts';
import {
  element,
  elementsOf,
  everyElement,
  rootOf,
  textNode,
  type XmlDocument,
  type XmlElement,
  type XmlNode,
} from './xml.ts';

const UNIT = '  ';

/** @param value undefined removes the attribute; a new one comes last. */
export function setAttribute(target: XmlElement, name: string, value: string | undefined): void {
  if (value === undefined) target.attributes.delete(name);
  else {
    element(target.name, { [name]: value });
    target.attributes.set(name, value);
  }
}

/** The element with that id, wherever it stands outside of the status section. */
export function elementById(document: XmlDocument, id: string): XmlElement | undefined {
  for (const part of elementsOf(rootOf(document))) {
    if (part.name === 'status') continue;
    for (const each of everyElement(part)) {
      if (
        each.attributes.get('id') === id &&
        each.name !== 'resource_ref' &&
        each.name !== 'obj_ref' &&
        each.name !== 'role'
      )
        return each;
    }
  }
  return undefined;
}

export function parentOf(document: XmlDocument, child: XmlElement): XmlElement | undefined {
  for (const each of everyElement(rootOf(document))) if (each.children.includes(child)) return each;
  return undefined;
}

/** Adds `child` as the last element of `parent`, or in front of one of its elements. */
export function insertElement(
  document: XmlDocument,
  parent: XmlElement,
  { child, before }: { child: XmlElement; before?: XmlElement },
): XmlElement {
  const layout = layoutOf(document, parent);
  indent(child, layout);
  const { children } = parent;
  if (before !== undefined) {
    const at = children.indexOf(before);
    assert(at >= 0, 'an element to insert before that is not there');
    children.splice(at, 0, child, ...layout.between);
  } else if (isSpace(children.at(-1))) {
    // The last white space leads to the end tag, so it stays last.
    if (elementsOf(parent).length === 0) children.splice(0, children.length, ...layout.between, child, ...layout.after);
    else children.splice(children.length - 1, 0, ...layout.between, child);
  } else {
    const isFirst = children.length === 0;
    children.push(...layout.between, child, ...(isFirst ? layout.after : []));
  }
  return child;
}

/** Removes an element with the white space in front of it, and so its line. */
export function removeElement(document: XmlDocument, child: XmlElement): void {
  const parent = parentOf(document, child);
  assert(parent !== undefined, 'an element to remove that is not there');
  const at = parent.children.indexOf(child);
  const from = isSpace(parent.children[at - 1]) ? at - 1 : at;
  parent.children.splice(from, at - from + 1);
  if (elementsOf(parent).length === 0 && parent.children.every(isSpace)) parent.children.length = 0;
}

/** Puts another element into the place of one. */
export function replaceElement(document: XmlDocument, { old, by }: { old: XmlElement; by: XmlElement }): void {
  const parent = parentOf(document, old);
  assert(parent !== undefined, 'an element to replace that is not there');
  indent(by, layoutOf(document, parent));
  parent.children.splice(parent.children.indexOf(old), 1, by);
}

/** The element at a path of names from the root, made where it is missing: `configuration`, `resources`. */
export function sectionOf(document: XmlDocument, ...path: string[]): XmlElement {
  return path.reduce(
    (parent, name) => elementsOf(parent, name)[0] ?? insertElement(document, parent, { child: element(name, {}) }),
    rootOf(document),
  );
}

/** A document of a new element, indented. */
export function newDocument(root: XmlElement, file: string): XmlDocument {
  indent(root, { lineEnd: '\n', indent: '', unit: UNIT, between: [], after: [] });
  return { kind: 'document', file, text: '', children: [root, textNode('\n')] };
}

/** How the children of an element are laid out. */
interface Layout {
  /** Empty where everything stands on one line. */
  lineEnd: string;
  /** Of the children. */
  indent: string;
  unit: string;
  /** White space in front of a child. */
  between: XmlNode[];
  /** White space behind the last child. */
  after: XmlNode[];
}

function layoutOf(document: XmlDocument, parent: XmlElement): Layout {
  const root = rootOf(document);
  const first = indentIn(root);
  const lineEnd = first === undefined && elementsOf(root).length > 0 ? '' : lineEndOf(document);
  const unit = first === undefined || first === '' ? UNIT : first;
  const inner = indentIn(parent);
  // Siblings that stand on one line get another on that line.
  if (lineEnd === '' || (inner === undefined && elementsOf(parent).length > 0))
    return { lineEnd: '', indent: '', unit, between: [], after: [] };
  const own = indentOf(document, parent);
  const childIndent = inner ?? own + unit;
  return {
    lineEnd,
    indent: childIndent,
    unit,
    between: [space(lineEnd + childIndent)],
    after: [space(lineEnd + own)],
  };
}

function lineEndOf(document: XmlDocument): string {
  return document.text.includes('\r\n') ? '\r\n' : '\n';
}

/** Indentation of the elements in `parent`; undefined when none begins a line. */
function indentIn(parent: XmlElement): string | undefined {
  for (const [at, node] of parent.children.entries()) {
    const before = parent.children[at - 1];
    if (node.kind !== 'element' || before?.kind !== 'text') continue;
    const found = /\n([ \t]*)$/.exec(before.raw);
    if (found !== null) return found[1]!;
  }
  return undefined;
}

/** Indentation of the line on which `child` begins. */
function indentOf(document: XmlDocument, child: XmlElement): string {
  for (let at: XmlElement | undefined = child; at !== undefined; at = parentOf(document, at)) {
    const siblings: XmlNode[] = parentOf(document, at)?.children ?? document.children;
    for (let index = siblings.indexOf(at) - 1; index >= 0; index--) {
      const before = siblings[index]!;
      const found = before.kind === 'text' ? /\n([ \t]*)[^\n]*$/.exec(before.raw) : null;
      if (found !== null) return found[1]!;
    }
  }
  return '';
}

/** Gives what was built, and has no white space yet, the lines of its surroundings. */
function indent(top: XmlElement, layout: Pick<Layout, 'lineEnd' | 'indent' | 'unit' | 'between' | 'after'>): void {
  const { lineEnd, unit } = layout;
  const { children } = top;
  if (lineEnd === '' || children.length === 0 || children.some((node) => node.kind === 'text')) return;
  const inner = layout.indent + unit;
  const laid = children.flatMap((node) => [space(lineEnd + inner), node]);
  for (const node of children) if (node.kind === 'element') indent(node, { ...layout, indent: inner });
  children.splice(0, children.length, ...laid, space(lineEnd + layout.indent));
}

function isSpace(node: XmlNode | undefined): boolean {
  return node?.kind === 'text' && /^[\t\n\r ]*$/.test(node.raw);
}

/** Kept as it is: as text, the return of a line end would be written as a reference. */
function space(raw: string): XmlNode {
  return { kind: 'text', raw, text: raw.replace('\r\n', '\n') };
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { idsOf } from './ids.ts';
import {
  elementById,
  insertElement,
  newDocument,
  parentOf,
  removeElement,
  replaceElement,
  sectionOf,
  setAttribute,
} from './write.ts';
import { childOf, element, elementsOf, everyElement, formatXml, parseXml, rootOf, type XmlElement } from './xml.ts';
import { isNcName } from './xml-text.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8');
const group = (): XmlElement =>
  element('group', { id: 'g' }, [element('primitive', { id: 'p' }, [element('operations', {})])]);

/** The text after `change` was made to the element at a path of names. */
function changed(
  text: string,
  path: string[],
  change: (parent: XmlElement, document: ReturnType<typeof parseXml>) => void,
): string {
  const document = parseXml(text, 'f');
  change(childOf(rootOf(document), ...path)!, document);
  return formatXml(document);
}

describe('an element that is added', () => {
  const add = (text: string, ...path: string[]): string =>
    changed(text, path, (parent, document) => void insertElement(document, parent, { child: group() }));

  it('takes the indentation of its siblings', () => {
    const text = '<cib>\n    <a>\n        <b/>\n    </a>\n</cib>\n';
    assert.equal(
      add(text, 'a'),
      '<cib>\n    <a>\n        <b/>\n        <group id="g">\n            <primitive id="p">\n                <operations/>\n            </primitive>\n        </group>\n    </a>\n</cib>\n',
    );
    assert.equal(
      add('<cib>\r\n\t<b/>\r\n</cib>'),
      '<cib>\r\n\t<b/>\r\n\t<group id="g">\r\n\t\t<primitive id="p">\r\n\t\t\t<operations/>\r\n\t\t</primitive>\r\n\t</group>\r\n</cib>',
    );
  });

  it('opens an element that was empty', () => {
    const lines =
      '\n    <group id="g">\n      <primitive id="p">\n        <operations/>\n      </primitive>\n    </group>\n  ';
    for (const empty of ['<a />', '<a></a>', '<a>\n  </a>'])
      assert.equal(add(`<cib>\n  ${empty}\n</cib>`, 'a'), `<cib>\n  <a>${lines}</a>\n</cib>`, empty);
  });

  it('stays on the line where all is on one line, or its siblings are', () => {
    const one = '<group id="g"><primitive id="p"><operations/></primitive></group>';
    assert.equal(add('<cib><a><b/></a></cib>', 'a'), `<cib><a><b/>${one}</a></cib>`);
    assert.equal(add('<cib><a/></cib>', 'a'), `<cib><a>${one}</a></cib>`);
    assert.equal(add('<cib>\n <a><b/></a>\n</cib>', 'a'), `<cib>\n <a><b/>${one}</a>\n</cib>`);
  });

  it('may stand in front of another, and leaves comments where they are', () => {
    const text = '<cib>\n  <!-- one -->\n  <a/>\n  <b/> <!-- two -->\n</cib>\n';
    const document = parseXml(text, 'f');
    const root = rootOf(document);
    insertElement(document, root, { child: element('x', {}), before: elementsOf(root, 'b')[0]! });
    insertElement(document, root, { child: element('y', {}) });
    assert.equal(formatXml(document), '<cib>\n  <!-- one -->\n  <a/>\n  <x/>\n  <b/> <!-- two -->\n  <y/>\n</cib>\n');
  });

  it('makes the sections it belongs to', () => {
    const document = parseXml('<cib>\n  <configuration>\n    <nodes/>\n  </configuration>\n</cib>\n', 'f');
    const section = sectionOf(document, 'configuration', 'fencing-topology');
    assert.equal(sectionOf(document, 'configuration', 'fencing-topology'), section);
    insertElement(document, section, { child: element('fencing-level', {}) });
    assert.equal(
      formatXml(document),
      '<cib>\n  <configuration>\n    <nodes/>\n    <fencing-topology>\n      <fencing-level/>\n    </fencing-topology>\n  </configuration>\n</cib>\n',
    );
  });
});

describe('an element that is removed or replaced', () => {
  it('goes with its line and no other', () => {
    const text = fixture('two-node');
    const document = parseXml(text, 'f');
    removeElement(document, elementById(document, 'cli-ban-ip0')!);
    removeElement(document, elementById(document, 'ip0')!);
    const lines = text.split('\n').filter((line) => !/id="(?:cli-ban-ip0|ip0)"[^>]*\/>$/.test(line));
    assert.equal(formatXml(document), lines.join('\n'));
    assert.equal(lines.length, text.split('\n').length - 2);
  });

  it('leaves an empty element when it was the last', () => {
    const text = changed('<cib>\n <a>\n  <b/>\n </a>\n</cib>', ['a'], (a, document) =>
      removeElement(document, elementsOf(a)[0]!),
    );
    assert.equal(text, '<cib>\n <a></a>\n</cib>');
  });

  it('gives its place to another', () => {
    const text = changed('<cib>\n <a>\n  <b/>\n  <c/>\n </a>\n</cib>', ['a'], (a, document) =>
      replaceElement(document, { old: elementsOf(a)[0]!, by: element('d', {}, [element('e', {})]) }),
    );
    assert.equal(text, '<cib>\n <a>\n  <d>\n   <e/>\n  </d>\n  <c/>\n </a>\n</cib>');
  });

  it('comes back as it was, wherever it stands', () => {
    const text = fixture('two-node');
    const count = [...everyElement(rootOf(parseXml(text, 'f')))].length;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: count - 1 }), (at) => {
        const document = parseXml(text, 'f');
        const chosen = [...everyElement(rootOf(document))][at]!;
        const child = element('probe', { x: '1' });
        insertElement(document, parentOf(document, chosen)!, { child, before: chosen });
        assert.notEqual(formatXml(document), text);
        parseXml(formatXml(document), 'f');
        const parent = parentOf(document, child)!;
        const index = parent.children.indexOf(child);
        assert.equal(parent.children[index + 1]?.kind, parent.children[index + 1] === chosen ? 'element' : 'text');
        removeElement(document, child);
        assert.equal(formatXml(document).replace(/\s+/g, ''), text.replace(/\s+/g, ''));
      }),
    );
  });
});

describe('attributes and ids', () => {
  it('are set and removed', () => {
    const document = parseXml('<a x = "1"/>', 'f');
    setAttribute(rootOf(document), 'x', '2');
    setAttribute(rootOf(document), 'y', '3');
    assert.equal(formatXml(document), '<a x = "2" y="3"/>');
    setAttribute(rootOf(document), 'x', undefined);
    assert.equal(formatXml(document), '<a y="3"/>');
    assert.throws(() => setAttribute(rootOf(document), 'a b', '1'), { code: 'config' });
  });

  it('are looked up outside of the status section and not through references', () => {
    const document = parseXml(fixture('two-node'), 'f');
    assert.equal(elementById(document, 'ost0')!.name, 'primitive');
    assert.equal(elementById(document, 'ost0_last_0'), undefined);
    assert.equal(elementById(document, 'watcher')!.name, 'acl_role');
  });

  it('are unique and valid', () => {
    const ids = idsOf(parseXml(fixture('two-node'), 'f'));
    assert.equal(ids.derive('ost0'), 'ost0-1');
    assert.equal(ids.derive('ost0'), 'ost0-2');
    assert.equal(ids.derive('ost0_last_0'), 'ost0_last_0', 'the status section has ids of its own');
    assert.equal(ids.derive('10.0.0.5'), '_10.0.0.5');
    assert.equal(ids.derive('a b/c:d'), 'a_b_c_d');
    assert.equal(ids.take('fresh'), 'fresh');
    assert.throws(() => ids.take('fresh'), /the id fresh is there already/);
    assert.throws(() => ids.take('a:b'), /"a:b" cannot be an id/);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (wanted) => {
        const own = idsOf();
        const given = wanted.map((each) => own.derive(each));
        assert.equal(new Set(given).size, given.length);
        assert.ok(given.every(isNcName));
      }),
    );
  });

  it('stand in a document that is new', () => {
    assert.equal(formatXml(newDocument(element('a', {}, [element('b', {})]), 'f')), '<a>\n  <b/>\n</a>\n');
  });
});

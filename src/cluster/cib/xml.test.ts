import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CIB_CHARACTERS_MAX, XML_DEPTH_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { childOf, copyOf, element, elementsOf, everyElement, formatXml, parseXml, rootOf, textNode } from './xml.ts';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/cib/', import.meta.url));
const files = globSync(`${FIXTURES}*.xml`);
const read = (name: string): string => readFileSync(`${FIXTURES}${name}.xml`, 'utf8');

const wrong = (text: string, message: RegExp): void => {
  assert.throws(
    () => parseXml(text, 'cib.xml'),
    (error) => {
      assert.ok(error instanceof AppError && error.code === 'config', String(error));
      assert.match(error.message, message, text.slice(0, 80));
      assert.notEqual(error.hint, '');
      return true;
    },
  );
};

describe('documents in XML', () => {
  it('are written as they were read', () => {
    assert.ok(files.length >= 5);
    const schemas = globSync('/usr/share/pacemaker/*.{rng,xsl}');
    for (const file of [...files, ...schemas]) {
      const text = readFileSync(file, 'utf8');
      assert.equal(formatXml(parseXml(text, file)), text, file);
    }
  });

  it('are read with every part in its place', () => {
    const root = rootOf(parseXml(read('odd-spelling'), 'odd.xml'));
    const kinds = childOf(root, 'configuration')!.children.map(({ kind }) => kind);
    const names = [...everyElement(root)].map(({ name }) => name);
    const unknown = childOf(root, 'configuration', 'unknöwn')!;
    assert.deepEqual(Object.fromEntries(root.attributes), { 'validate-with': 'none', epoch: '3' });
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'text'),
      ['cdata', 'comment', 'element', 'element', 'element'],
    );
    assert.deepEqual(Object.fromEntries(unknown.attributes), { 'x:y': 'é😀"\'  ', b: '"' });
    assert.equal(childOf(root, 'configuration', 'nothing', 'more'), undefined);
    assert.deepEqual(names, ['cib', 'configuration', 'resources', 'empty', 'unknöwn']);
  });

  it('decode references and line ends as XML says', () => {
    const [a] = elementsOf(parseXml('<a b="1\r\n2\t3&#10;4&amp;lt;">x\r\ny\rz&lt;&#x26;</a>', 'f'));
    assert.equal(a!.attributes.get('b'), '1 2 3\n4&lt;');
    assert.deepEqual(
      a!.children.map((node) => node.kind === 'text' && node.text),
      ['x\ny\nz<&'],
    );
  });

  it('keep the spelling of all that was not changed', () => {
    const document = parseXml('<a  b = \'1\'\n c="&#50;" ><d x="1"  /><e></e></a >', 'f');
    const root = rootOf(document);
    root.attributes.set('b', `'"<&\n`);
    root.attributes.set('new', `'"`);
    const first = `<a  b = '&apos;"&lt;&amp;&#10;'\n c="&#50;" new="'&quot;" ><d x="1"  /><e></e></a >`;
    assert.equal(formatXml(document), first);
    root.attributes.delete('b');
    elementsOf(root, 'd')[0]!.children.push(textNode('1 < 2 & ]]>\r'));
    elementsOf(root, 'e')[0]!.attributes.set('f', '');
    const text = formatXml(document);
    assert.equal(text, `<a\n c="&#50;" new="'&quot;" ><d x="1">1 &lt; 2 &amp; ]]&gt;&#13;</d><e f=""></e></a >`);
    assert.equal(formatXml(parseXml(text, 'f')), text);
  });

  it('can be copied, and the copy changed alone', () => {
    const document = parseXml(read('two-node'), 'f');
    const copy = copyOf(document);
    assert.equal(formatXml(copy), formatXml(document));
    rootOf(copy).attributes.set('epoch', '42');
    childOf(rootOf(copy), 'configuration')!.children.length = 0;
    assert.equal(formatXml(document), read('two-node'));
  });

  it('are no larger and no deeper than a configuration', () => {
    const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    assert.equal(
      formatXml(copyOf(parseXml(nested(XML_DEPTH_MAX - 1).replace('><', '><b/><'), 'f'))).length,
      nested(XML_DEPTH_MAX - 1).length + 4,
    );
    assert.equal(formatXml(parseXml(nested(XML_DEPTH_MAX), 'f')), nested(XML_DEPTH_MAX));
    wrong(nested(XML_DEPTH_MAX + 1), /more than 256 elements inside each other/);
    wrong(' '.repeat(CIB_CHARACTERS_MAX + 1), /has 67108865 characters/);
  });

  it('are built of what XML can hold only', () => {
    assert.equal(formatXml(element('a', { b: 'c' }, [element('d', {})])), '<a b="c"><d/></a>');
    assert.throws(() => element('a b', {}), { code: 'config' });
    assert.throws(() => element('a', { '1': '' }), { code: 'config' });
    assert.throws(
      () => formatXml(element('a', { b: 'se\0same' })),
      (error: Error & { code: string }) => {
        assert.match(error.message, /U\+0000/);
        assert.doesNotMatch(error.message, /same/);
        return error.code === 'config';
      },
    );
  });
});

describe('what is no document in XML', () => {
  it('is refused where its tags are wrong', () => {
    wrong('', /cib\.xml:1:1: there is no element/);
    wrong('  \n <!-- x -->\n', /cib\.xml:3:1: there is no element/);
    wrong('<a>\n <b>\n</a>', /cib\.xml:3:1: <\/a> does not end <b>, which begins in line 2/);
    wrong('<a>\n <b', /cib\.xml:2:4: the text ends here: the start tag of b has no end/);
    wrong('<a><b>\n', /cib\.xml:2:1: the text ends within <b>, which begins in line 1/);
    wrong('<a/><b/>', /1:5: a second element/);
    wrong('<a/>x', /1:5: text stands outside/);
    wrong('<a/><![CDATA[x]]>', /1:5: text stands outside/);
    wrong('</a>', /1:1: <\/a> ends nothing/);
    wrong('<a></a', /the end tag of a has no end/);
    wrong('<a/ >', /1:4: the start tag of a has no end/);
    wrong('< a/>', /1:2: the name of an element is missing/);
  });

  it('is refused where its attributes are wrong', () => {
    wrong('<a x="1" y="2" x="3"/>', /cib\.xml:1:16: a has the attribute x twice/);
    wrong('<a x="1"y="2"/>', /1:9: there is no space before the attribute y/);
    wrong('<a x=1/>', /1:6: the value of the attribute x of a is not in quotes/);
    wrong('<a x/>', /1:5: the attribute x of a has no value/);
    wrong('<a x="1', /1:6: the quote before the value of x of a is never closed/);
    wrong('<a x="<"/>', /1:7: < stands in the value of x/);
  });

  it('is refused where its references and characters are wrong', () => {
    wrong('<a x="&nbsp;"/>', /1:7: &nbsp; is not defined/);
    wrong('<a x="\r\n&nbsp;"/>', /2:1: &nbsp; is not defined/);
    wrong('<a>\n&lt</a>', /2:1: an & that begins no reference/);
    wrong('<a>a & b</a>', /1:6: an & that begins no reference/);
    wrong('<a>&toString;</a>', /&toString; is not defined/);
    wrong('<a>&#0;&#xD800;</a>', /1:4: &#0; is not defined/);
    wrong('<a>&#x110000;</a>', /not defined/);
    wrong('<a>]]></a>', /1:4: \]\]> stands in the text/);
    wrong('<a>\u0001</a>', /1:4: the character U\+0001/);
    wrong('<a>\ud800</a>', /U\+D800/);
  });

  it('is refused where comments and instructions are wrong', () => {
    wrong('<a><!-- x -- y --></a>', /1:11: two hyphens/);
    wrong('<a><!-- x ---></a>', /two hyphens/);
    wrong('<a><!-- x></a>', /1:4: a comment that is never closed/);
    wrong('<a><!WHAT></a>', /1:4: this is neither/);
    wrong('<a><?xml version="1.0"?></a>', /1:4: the XML declaration does not stand/);
    wrong('<a><?1 x?></a>', /an instruction without a proper name/);
    wrong('<a><?XML x?></a>', /an instruction without a proper name/);
    wrong('<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /the encoding ISO-8859-1 is not UTF-8/);
  });

  it('brings no document type and no entities of its own', () => {
    wrong('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]><a>&x;</a>', /1:1: a document type \(DTD\) is not read/);
    wrong('<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "x.dtd"><a/>', /2:1: a document type/);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../../test/fuzz.ts';
import { element, elementsOf, formatXml, parseXml, textNode } from './xml.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8');

const UNWRITABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const chars = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((text) => !UNWRITABLE.test(text))
  .map((text) => text.replace(/[<&\]]/g, ''));
const name = fc.stringMatching(/^[A-Za-z_é][-A-Za-z0-9._é]{0,8}$/);
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const reference = fc.constantFrom('&amp;', '&lt;', '&#10;', '&#x1F600;', '&quot;', '');
const attribute = fc
  .record({ key: name, gap: space, quote: fc.constantFrom('"', "'"), text: chars, more: reference })
  .map(({ key, gap, quote, text, more }) => ({
    key,
    text: `${gap || ' '}${key}${gap}=${gap}${quote}${text.replaceAll(quote, '')}${more}${quote}`,
  }));
const attributes = fc.uniqueArray(attribute, { selector: ({ key }) => key, maxLength: 4 });
const comment = chars.map((text) => `<!--${text.replaceAll('-', '')}-->`);
const { tree } = fc.letrec<{ tree: string; node: string }>((tie) => ({
  tree: fc
    .tuple(name, attributes, space, fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'xml' }))
    .map(([tag, list, gap, children]) => {
      const start = `<${tag}${list.map(({ text }) => text).join('')}${gap}`;
      return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${tag}${gap}>`;
    }),
  node: fc.oneof(
    { depthIdentifier: 'xml', maxDepth: 4 },
    chars,
    reference,
    comment,
    chars.map((text) => `<![CDATA[${text}<&]]>`),
    fc.constant('<?tool x?>'),
    tie('tree'),
  ),
}));

describe('any document', () => {
  it('is written as it was read', () => {
    fc.assert(
      fc.property(space, tree, comment, (gap, text, more) => {
        const whole = `<?xml version="1.0"?>${gap}${text}${gap}${more}`;
        assert.equal(formatXml(parseXml(whole, 'f')), whole);
      }),
      { numRuns: 500 },
    );
  });

  it('holds any value, and gives it back', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !UNWRITABLE.test(text));
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [root] = elementsOf(parseXml(formatXml(element('x', { a }, [textNode(b)])), 'f'));
        assert.equal(root!.attributes.get('a'), a);
        assert.equal(root!.children.map((node) => (node.kind === 'text' ? node.text : '')).join(''), b);
      }),
    );
  });

  it('damaged in any way is refused, or read without loss', () => {
    for (const fixture of ['odd-spelling', 'clones'])
      fc.assert(
        fc.property(damaged(Buffer.from(read(fixture))), (bytes) => {
          const text = Buffer.from(bytes).toString('utf8');
          throwsOnlyAppError(() => {
            const written = formatXml(parseXml(text, 'f'));
            if (written !== text) throw new Error(`not the same: ${JSON.stringify(text)}`);
          });
        }),
        { numRuns: 500 },
      );
  });

  it('cut off anywhere is refused', () => {
    const text = read('clones').trimEnd();
    for (let length = 0; length < text.length; length += 3)
      assert.throws(() => parseXml(text.slice(0, length), 'f'), { code: 'config' });
  });

  it('of any width is read in time that grows with its size alone', () => {
    const wide = `<a>${'<b c="d&amp;"> </b>'.repeat(50_000)}</a>`;
    const began = process.hrtime.bigint();
    assert.equal(formatXml(parseXml(wide, 'f')), wide);
    assert.ok(process.hrtime.bigint() - began < 10_000_000_000n);
  });
});

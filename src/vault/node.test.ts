import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { BlobId } from '../base/ids.ts';
import type { Node, NodeType } from './model.ts';
import { encodeNode, nodeMode, nodeTypeOf, unixMode } from './node.ts';

interface Names {
  linkTargets: { raw: string; json: string; base64: string }[];
  modes: { stMode: number; type: NodeType; nodeMode: number }[];
}
const fixture = new URL('../../test/fixtures/vault/names.json', import.meta.url);
const { linkTargets, modes } = JSON.parse(readFileSync(fixture, 'utf8')) as Names;
const ID = 'ab'.repeat(32) as BlobId;
const NODE: Node = {
  ...{
    name: 'a',
    type: 'file',
    mode: 0o644,
    mtimeNs: 1n,
    atimeNs: 1n,
    ctimeNs: 2n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
  },
  ...{ inode: 0n, deviceId: 0n, size: 0, links: 0, linkTarget: '', extendedAttributes: [], device: 0n, content: [] },
  ...{ subtree: undefined, error: '', genericAttributes: '' },
};
const TIMES =
  '"mtime":"1970-01-01T00:00:00.000000001Z","atime":"1970-01-01T00:00:00.000000001Z","ctime":"1970-01-01T00:00:00.000000002Z"';

suite('modes', () => {
  test('are those proven against restic', () => {
    assert.ok(modes.length >= 9);
    for (const mode of modes) {
      assert.equal(nodeMode(mode.stMode), mode.nodeMode);
      assert.equal(nodeTypeOf(mode.stMode), mode.type);
      assert.equal(unixMode(mode.nodeMode), mode.stMode);
    }
  });

  test('of every type and permission come back', () => {
    const format = fc.constantFrom(0o100000, 0o040000, 0o120000, 0o060000, 0o020000, 0o010000, 0o140000);
    fc.assert(fc.property(format, fc.nat(0o7777), (type, bits) => unixMode(nodeMode(type | bits)) === (type | bits)));
    assert.equal(nodeTypeOf(0o150000), 'irregular');
    assert.equal(nodeMode(0o150644), 0x0008_0000 + 0o644);
  });
});

suite('the text of a node', () => {
  test('leaves out what is empty', () => {
    assert.equal(encodeNode(NODE), `{"name":"a","type":"file","mode":420,${TIMES},"uid":0,"gid":0,"content":[]}`);
    const odd = encodeNode({ ...NODE, mode: 0, content: undefined, error: 'gone' });
    assert.equal(odd, `{"name":"a","type":"file",${TIMES},"uid":0,"gid":0,"content":null,"error":"gone"}`);
  });

  test('has every field in the order of restic', () => {
    const full: Node = {
      ...{
        ...NODE,
        name: '<\xff',
        type: 'chardev',
        user: 'me',
        group: 'us',
        inode: 2n ** 64n - 1n,
        deviceId: 7n,
        size: 9,
      },
      ...{ links: 2, linkTarget: 'to', device: 1281n, content: [ID, ID], subtree: ID, error: 'e' },
      extendedAttributes: [
        { name: 'user.a', value: Uint8Array.of(1, 2) },
        { name: 'user.b', value: new Uint8Array(0) },
      ],
      genericAttributes: '{"windows.file_attributes":32}',
    };
    assert.equal(
      encodeNode(full),
      `{"name":"\\u003c\\\\xff","type":"chardev","mode":420,${TIMES},"uid":0,"gid":0,"user":"me","group":"us",` +
        '"inode":18446744073709551615,"device_id":7,"size":9,"links":2,"linktarget":"to",' +
        '"extended_attributes":[{"name":"user.a","value":"AQI="},{"name":"user.b","value":""}],' +
        `"generic_attributes":{"windows.file_attributes":32},"device":1281,"content":["${ID}","${ID}"],` +
        `"subtree":"${ID}","error":"e"}`,
    );
  });

  test('keeps the bytes of a link target that is not UTF-8', () => {
    for (const { raw, json, base64 } of linkTargets) {
      const text = encodeNode({ ...NODE, linkTarget: Buffer.from(raw, 'hex').toString('latin1') });
      assert.ok(text.includes(`"linktarget":${json},"linktarget_raw":"${base64}",`), text);
    }
  });
});

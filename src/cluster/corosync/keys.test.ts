import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { describePeer } from '../../../test/peers.ts';
import { KEYS } from './keys.ts';

const PAGES = ['corosync.conf', 'votequorum'].map((name) => `/usr/share/man/man5/${name}.5.gz`);

describePeer('the manual pages of corosync', ['corosync'], () => {
  it('name no key that is not known here', (t) => {
    if (!PAGES.every((page) => existsSync(page))) return t.skip('manual pages are not installed');
    const text = PAGES.map((page) => gunzipSync(readFileSync(page)).toString('utf8')).join('\n');
    // The page of votequorum writes its keys in bold with a value behind.
    const listed = [...text.matchAll(/^\.TP\n(?:\.B )?"?([a-z_A-Z0-9]+)"?[ \t]*$/gm)].map((match) => match[1]!);
    const bold = [...text.matchAll(/^\.B ([a-z_]+): /gm)].map((match) => match[1]!);
    const known = new Set([...Object.values(KEYS).flat(), 'ringX_addr']);
    const all = [...new Set([...listed, ...bold])];
    assert.ok(all.length > 60, `${all.length}`);
    assert.deepEqual(
      all.filter((key) => !known.has(key)),
      [],
    );
  });
});

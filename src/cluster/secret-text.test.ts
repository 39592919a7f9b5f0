import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hideSecrets } from './secret-text.ts';

describe('hiding secrets', () => {
  const CASES: [string, string][] = [
    ['user=a,password=b,ro', 'user=a,password=*,ro'],
    ['user=a,pass=b,ro', 'user=a,pass=*,ro'],
    ['DBPASS=b', 'DBPASS=*'],
    ['--password=b c', '--password=* c'],
    ['--password b c', '--password * c'],
    ['-passwd "b c" d', '-passwd "*" d'],
    [`password='b c' d`, `password='*' d`],
    ['"api_key": "b c"', '"api_key": "*"'],
    ['community: b', 'community: *'],
  ];
  for (const [text, expected] of CASES) it(text, () => assert.equal(hideSecrets(text, '*'), expected));

  it('leaves what is none, and what is hidden already', () => {
    for (const text of [
      'token: 1000',
      'device=/dev/sdb',
      'passive: yes',
      'keepalive=2',
      'password=[hidden]',
      'a pass b',
    ])
      assert.equal(hideSecrets(text), text);
  });
});

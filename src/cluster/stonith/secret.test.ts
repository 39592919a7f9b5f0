import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from './secret.ts';

describe('Secret', () => {
  it('is told only to who asks for it', () => {
    const secret = new Secret('changeme');
    assert.equal(secret.reveal(), 'changeme');
    assert.equal(
      `${secret}|${JSON.stringify({ secret })}|${inspect({ secret })}`,
      '[hidden]|{"secret":"[hidden]"}|{ secret: [hidden] }',
    );
    assert.deepEqual(Object.keys(secret), []);
  });
});

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import type { Context } from './context.ts';
import { confirmName, reasonOf } from './ha-fence-call.ts';
import type { Keyboard } from './prompt.ts';

/** Somebody who types this as soon as the terminal listens. */
function typing(text: string): { context: Context; asked: () => string } {
  const keyboard = new EventEmitter() as EventEmitter & Keyboard;
  Object.assign(keyboard, { isTTY: true, setRawMode: () => keyboard, resume: () => keyboard, pause: () => keyboard });
  keyboard.once('newListener', () => setImmediate(() => keyboard.emit('data', Buffer.from(`${text}\r`))));
  let shown = '';
  const screen = {
    write(chunk: string | Uint8Array): boolean {
      shown += chunk;
      return true;
    },
  };
  const terminal = { keyboard, screen, signal: new AbortController().signal };
  return { context: { terminal } as unknown as Context, asked: () => shown };
}

const request = { name: 'n2', given: undefined, flag: '--yes-shoot', question: 'n2 loses its power now.' };

describe('names that are typed to be sure', () => {
  it('go on with the name and nothing else', async () => {
    const right = typing('n2');
    await confirmName(right.context, request);
    assert.match(right.asked(), /n2 loses its power now\. Type n2 to go on: /);
    for (const text of ['y', 'yes', 'N2', 'n1', ''])
      await assert.rejects(confirmName(typing(text).context, request), { code: 'refused' }, text);
    await assert.rejects(confirmName(typing('\x03').context, request), { code: 'interrupted' });
  });

  it('can be given, and must be the same', async () => {
    const nobody = { terminal: undefined } as unknown as Context;
    await confirmName(nobody, { ...request, given: 'n2' });
    await assert.rejects(confirmName(nobody, { ...request, given: 'n1' }), { code: 'usage' });
    await assert.rejects(confirmName(nobody, request), { code: 'usage' });
  });

  it('take no empty reason', () => {
    assert.deepEqual([reasonOf(undefined), reasonOf(' seen ')], [undefined, 'seen']);
    assert.throws(() => reasonOf('  '), { code: 'usage' });
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { alignedBuffer, isAligned } from './aligned.ts';

test('aligned buffers have the size asked for and start at a page', () => {
  for (const size of [1, 4096, 5000, 1 << 20, (16 << 20) + 3]) {
    const buffer = alignedBuffer(size);
    assert.equal(buffer.length, size);
    assert.ok(isAligned(buffer), `${size} bytes`);
    if (size > 1) assert.ok(!isAligned(buffer.subarray(1)));
  }
});

test('alignment survives a transfer to another holder', () => {
  const buffer = alignedBuffer(1 << 20);
  buffer[7] = 42;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(buffer, [buffer.buffer]);
  const received: Uint8Array = receiveMessageOnPort(port2)?.message;
  port1.close();
  assert.equal(buffer.length, 0, 'the sender lost it');
  assert.equal(received.length, 1 << 20);
  assert.equal(received[7], 42);
  assert.ok(isAligned(received));
});

/**
 * Memory the kernel can write to a device without copying it first (open(2), O_DIRECT).
 *
 * JavaScript promises nothing about addresses, so `alignedBuffer` takes a page more than asked and returns the part
 * that starts at a page. The address belongs to the memory, not to the object: it survives a transfer to another
 * thread, as long as the view there starts at the same byte offset. Whoever depends on it asks `isAligned` again.
 */
import koffi from 'koffi';
import { DIRECT_ALIGNMENT_BYTES } from './limits.ts';

/** A zeroed buffer of `sizeBytes` at a multiple of 4096 in memory. Its `buffer` is one page larger and may be transferred. */
export function alignedBuffer(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const memory = new ArrayBuffer(sizeBytes + DIRECT_ALIGNMENT_BYTES);
  const past = addressPastPage(new Uint8Array(memory));
  return new Uint8Array(memory, (DIRECT_ALIGNMENT_BYTES - past) % DIRECT_ALIGNMENT_BYTES, sizeBytes);
}

/** As `alignedBuffer`, in memory that threads share. */
export function alignedShared(sizeBytes: number): Uint8Array<SharedArrayBuffer> {
  const memory = new SharedArrayBuffer(sizeBytes + DIRECT_ALIGNMENT_BYTES);
  const past = addressPastPage(new Uint8Array(memory));
  return new Uint8Array(memory, (DIRECT_ALIGNMENT_BYTES - past) % DIRECT_ALIGNMENT_BYTES, sizeBytes);
}

/** True when the first byte of `bytes` lies at a multiple of 4096 in memory. */
export function isAligned(bytes: Uint8Array): boolean {
  return addressPastPage(bytes) === 0;
}

function addressPastPage(bytes: Uint8Array): number {
  return Number(koffi.address(bytes) % BigInt(DIRECT_ALIGNMENT_BYTES));
}

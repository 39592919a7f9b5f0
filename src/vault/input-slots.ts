/**
 * Buffers on shared memory into which the main thread loads what threads are to open: a bounded number of them, reused,
 * which bounds how far reading runs ahead.
 */
import { Gate } from '../base/tasks.ts';

export interface InputSlot {
  readonly bytes: Uint8Array;
  /** Gives the buffer back; nobody may look at `bytes` any more. */
  release(): void;
}

export class InputSlots {
  readonly #gate: Gate;
  readonly #free: Uint8Array[];
  readonly #slotBytes: number;

  /** `slotBytes` is what a slot holds; memory is taken when it is first written to. */
  constructor({ count, slotBytes }: { count: number; slotBytes: number }) {
    this.#gate = new Gate(count);
    this.#slotBytes = slotBytes;
    this.#free = [];
  }

  /** A buffer of `length` bytes, once there is one; a length above that of a slot gets a buffer of its own. */
  async take(length: number): Promise<InputSlot> {
    await this.#gate.enter();
    const isOversize = length > this.#slotBytes;
    const memory = isOversize ? shared(length) : (this.#free.pop() ?? shared(this.#slotBytes));
    const release = (): void => {
      if (!isOversize) this.#free.push(memory);
      this.#gate.leave();
    };
    return { bytes: memory.subarray(0, length), release };
  }
}

function shared(bytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

/** What each pack holds, added up; arrays go by the number of the pack. Bytes include the entries in its header. */
import type { Inventory } from '../inventory.ts';
import type { Marks } from '../marks.ts';
import { SEAL_OVERHEAD } from '../seal.ts';

const DATA = 1;
const TREES = 2;
const PLAIN_DATA = 4;
const PLAIN_TREES = 8;

export class PackSums {
  readonly keptBlobs: Float64Array;
  readonly keptBytes: Float64Array;
  readonly otherBlobs: Float64Array;
  readonly otherBytes: Float64Array;
  readonly #holds: Uint8Array;

  constructor(inventory: Inventory, keep: Marks) {
    const count = inventory.packs.length;
    this.keptBlobs = new Float64Array(count);
    this.keptBytes = new Float64Array(count);
    this.otherBlobs = new Float64Array(count);
    this.otherBytes = new Float64Array(count);
    this.#holds = new Uint8Array(count);
    for (let blob = 0; blob < inventory.table.count; blob++) this.#add(inventory, blob, keep.has(blob));
  }

  hasTrees(pack: number): boolean {
    return (this.#holds[pack]! & TREES) !== 0;
  }

  isMixed(pack: number): boolean {
    return (this.#holds[pack]! & (DATA | TREES)) === (DATA | TREES);
  }

  hasPlainTrees(pack: number): boolean {
    return (this.#holds[pack]! & PLAIN_TREES) !== 0;
  }

  hasPlainData(pack: number): boolean {
    return (this.#holds[pack]! & PLAIN_DATA) !== 0;
  }

  #add(inventory: Inventory, blob: number, isKept: boolean): void {
    const { table } = inventory;
    const pack = table.packOf(blob);
    const bytes = table.lengthOf(blob) + inventory.entrySize(blob);
    if (isKept) {
      this.keptBlobs[pack]!++;
      this.keptBytes[pack]! += bytes;
    } else {
      this.otherBlobs[pack]!++;
      this.otherBytes[pack]! += bytes;
    }
    const isTree = table.kindOf(blob) === 'tree';
    this.#holds[pack]! |= isTree ? TREES : DATA;
    // An empty blob is never compressed and never will be.
    const isPlain = table.uncompressedLengthOf(blob) === 0 && table.lengthOf(blob) > SEAL_OVERHEAD;
    if (isPlain) this.#holds[pack]! |= isTree ? PLAIN_TREES : PLAIN_DATA;
  }
}

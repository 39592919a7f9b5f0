/**
 * Proof by reading back. A pack is verified when it was read from the vault and every blob in it matched its name; a
 * snapshot is proven when every pack that it needs was verified, none longer ago than the vault allows. What to read next
 * is planned from when each pack was last read (`planReading`, pure): never read first, then the longest ago.
 * When that was is for the caller to keep: this module has no memory of its own.
 */
export { type PackSize, planReading } from './verification/plan.ts';
export { type Judgement, proveSnapshots } from './verification/prove.ts';
export { executeReading, packSizes } from './verification/read.ts';

import { TORN_READ_PAUSE_MS, TORN_READS_MAX } from '../../base/cluster-limits.ts';
import { MMP_BYTES } from './block.ts';
import { decodeBeginning, decodeProtected } from './decode.ts';
import { type MmpHost, readDevice } from './device.ts';
import type { MmpReading } from './model.ts';

/** The first page has the superblock, and the marks by which other formats are known. */
const BEGINNING_BYTES = 4096;

/**
 * What the device says of itself, without a side effect: it is opened for reading only, and neither mounted nor written.
 * A checksum that is wrong is looked at again first, since a block may be read while it is being written.
 * @throws {AppError} `device-failed`, `command-timeout`, and what the port of processes throws (`host-unreachable`, …)
 */
export async function readMmp(host: MmpHost, device: string, signal?: AbortSignal): Promise<MmpReading> {
  for (let attempt = 1; ; attempt++) {
    const reading = await readOnce(host, device, signal);
    if (reading.damage?.kind !== 'checksum' || attempt === TORN_READS_MAX) return reading;
    await host.clock.sleep(TORN_READ_PAUSE_MS, signal);
  }
}

async function readOnce(host: MmpHost, device: string, signal: AbortSignal | undefined): Promise<MmpReading> {
  const beginning = decodeBeginning(await readDevice(host, device, { offset: 0, length: BEGINNING_BYTES, signal }));
  if (beginning.isWhole) return beginning.reading;
  const { superblock } = beginning;
  const stretch = { offset: superblock.mmpOffset!, length: MMP_BYTES, signal };
  return decodeProtected(superblock, await readDevice(host, device, stretch));
}

/** A thread of a restore: opens blobs, writes files, compares. It decides nothing about order. */
import { hasCode } from '../base/errors.ts';
import { serveThread } from '../host.ts';
import { blobs } from '../vault.ts';
import { EntryTable } from './entries.ts';
import { attemptEntry, type Workshop } from './entry-writer.ts';
import { FileWriter } from './files.ts';
import { type Job, type JobReport, newReport, type RescueJob, type WorkerSeed, type WriteJob } from './jobs.ts';
import { Kind, State } from './kinds.ts';
import { MetadataWriter } from './metadata.ts';
import { OpenDirectories } from './open-directories.ts';
import { makeOther } from './others.ts';
import { Surveyor } from './survey.ts';
import { UseTable } from './uses.ts';

const EMPTY = new Uint8Array(0);

interface Worker {
  shop: Workshop;
  files: FileWriter;
  surveyor: Surveyor;
  opener: blobs.BlobReader;
}

serveThread<WorkerSeed, Job, JobReport>((seed) => {
  const entries = new EntryTable(seed.entries);
  const shop: Workshop = {
    entries,
    uses: new UseTable(seed.uses),
    blobs: new blobs.BlobTable(0, seed.reader.table),
    rules: seed.rules,
    directories: new OpenDirectories(entries, seed.targetFd),
    metadata: new MetadataWriter(entries, seed.rules),
    report: newReport(),
  };
  const opener = new blobs.BlobReader(seed.reader.key);
  const worker: Worker = { shop, files: new FileWriter(shop), surveyor: new Surveyor(shop), opener };
  return (job) => {
    shop.report = newReport();
    run(worker, job);
    return shop.report;
  };
});

function run(worker: Worker, job: Job): void {
  const { files, surveyor, shop } = worker;
  switch (job.kind) {
    case 'inspect':
      forEntries(shop, job.entries, (entry) => surveyor.inspect(entry));
      break;
    case 'compare':
      surveyor.compare(job);
      break;
    case 'settle':
      forEntries(shop, job.entries, (entry) => surveyor.settle(entry));
      break;
    case 'make':
      forEntries(shop, job.entries, (entry) => make(worker, entry));
      break;
    case 'write':
      write(worker, job);
      break;
    case 'rescue':
      rescue(worker, job);
      break;
    case 'verify':
      surveyor.verify(job);
      break;
    case 'verifyEmpty':
      forEntries(shop, job.entries, (entry) => surveyor.verifyEmpty(entry));
      break;
    case 'close':
      files[Symbol.dispose]();
      shop.directories[Symbol.dispose]();
  }
}

function make({ shop, files }: Worker, entry: number): void {
  if (shop.entries.kindOf(entry) === Kind.file) files.writeWhole(entry, EMPTY);
  else makeOther(shop, entry);
}

/** Entries below a directory that could not be made are passed over: that was told of the directory. */
function forEntries(shop: Workshop, numbers: Uint32Array, work: (entry: number) => void): void {
  for (const entry of numbers) {
    if (isLost(shop, entry)) shop.entries.setState(entry, State.failed);
    else attemptEntry(shop, entry, () => work(entry));
  }
}

function isLost({ entries }: Workshop, entry: number): boolean {
  return entries.stateOf(entries.parentOf(entry)) === State.failed;
}

function write({ shop, files, opener }: Worker, job: WriteJob): void {
  const { uses, blobs, report } = shop;
  let opened = -1;
  let plain: Uint8Array | undefined;
  let reason = '';
  for (let at = job.first; at < job.end; at++) {
    const use = uses.order[at]!;
    if (uses.settled[use] === 1) continue;
    const blob = uses.blobOf(use);
    if (blob !== opened) {
      const from = blobs.offsetOf(blob) - job.packOffset;
      const sealed = job.sealed.subarray(from, from + blobs.lengthOf(blob));
      opened = blob;
      try {
        const uncompressedLength = blobs.uncompressedLengthOf(blob);
        plain = opener.open(sealed, { id: blobs.idBytesOf(blob), uncompressedLength });
      } catch (error) {
        if (!hasCode(error, 'file-damaged')) throw error;
        plain = undefined;
        reason = error.message;
      }
    }
    if (plain === undefined) report.failedUses.push({ use, reason });
    else writeUse({ shop, files }, use, plain);
  }
}

function writeUse({ shop, files }: Pick<Worker, 'shop' | 'files'>, use: number, plain: Uint8Array): void {
  const entry = shop.uses.entryOf(use);
  if (isLost(shop, entry) || shop.entries.stateOf(entry) === State.failed) shop.report.bytesDone += plain.length;
  else attemptEntry(shop, entry, () => files.write(use, plain));
}

function rescue({ shop, files }: Worker, { uses, plain, reason }: RescueJob): void {
  for (const use of uses) {
    if (plain !== undefined) {
      writeUse({ shop, files }, use, plain);
      continue;
    }
    const entry = shop.uses.entryOf(use);
    if (isLost(shop, entry)) continue;
    attemptEntry(shop, entry, () => {
      const isFirst = files.spoil(entry);
      if (isFirst) shop.report.problems.push({ entry, message: `not restored: ${reason}` });
    });
  }
}

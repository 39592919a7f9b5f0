/** A thread of a restore: opens blobs, writes files, compares. It decides nothing about order. */
import { serveThread } from '../host.ts';
import { blobs } from '../vault.ts';
import { EntryTable } from './entries.ts';
import { attemptEntry, isLost, type Workshop } from './entry-writer.ts';
import { FileWriter } from './files.ts';
import { type Job, type JobReport, newReport, type RescueJob, type WorkerSeed } from './jobs.ts';
import { Kind, State } from './kinds.ts';
import { MetadataWriter } from './metadata.ts';
import { OpenDirectories } from './open-directories.ts';
import { makeOther } from './others.ts';
import { Surveyor } from './survey.ts';
import { UseTable } from './uses.ts';
import { type BlobShop, writeBlobs, writeUse } from './write-job.ts';

const EMPTY = new Uint8Array(0);

interface Worker extends BlobShop {
  surveyor: Surveyor;
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
  return async (job) => {
    const report = newReport();
    shop.report = report;
    await run(worker, job);
    return report;
  };
});

async function run(worker: Worker, job: Job): Promise<void> {
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
      await writeBlobs(worker, job);
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
      await files.close();
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

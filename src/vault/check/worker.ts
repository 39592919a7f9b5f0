/** A thread of a check. */
import { serveThread } from '../../host.ts';
import { type CheckDone, type CheckJob, type CheckSeed, createChecker } from './jobs.ts';

serveThread<CheckSeed, CheckJob, CheckDone>((seed) => createChecker(seed));

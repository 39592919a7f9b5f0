/** The CIB and the corosync.conf of a running cluster, read and left as they are. */
import { AppError, hasCode } from '../../base/errors.ts';
import { parseXml } from '../cib/xml-reader.ts';
import { statusError } from '../pacemaker/crm-mon.ts';
import { askTool, type ReadOptions, type Seat, saidOf } from '../pacemaker/tool.ts';

export interface LiveConfiguration {
  cibText: string;
  /** Undefined where there is none, or only root may read it. */
  corosyncText: string | undefined;
}

const COROSYNC_CONF = '/etc/corosync/corosync.conf';

/** @throws {AppError} `command-missing`, `command-timeout`, `cluster-down`, `cluster-denied`, `cluster-unclear` */
export async function readLiveConfiguration(seat: Seat, options: ReadOptions): Promise<LiveConfiguration> {
  const answer = await askTool(seat, ['cibadmin', '--query'], options);
  if (answer.exitCode !== 0)
    throw statusError(`cibadmin on ${seat.name}`, { code: answer.exitCode, message: saidOf(answer), errors: [] });
  expectWhole(answer.text, seat);
  return { cibText: answer.text, corosyncText: await readCorosync(seat, options) };
}

/** A connection that broke may leave half an answer, and an exit code that says nothing of it. */
function expectWhole(text: string, { name }: Seat): void {
  try {
    parseXml(text, 'cibadmin');
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    const detail = `cibadmin on ${name} printed no whole CIB: ${error.message.replace(/^.*?: /, '')}`;
    throw new AppError('cluster-unclear', { detail, cause: error });
  }
}

async function readCorosync(seat: Seat, options: ReadOptions): Promise<string | undefined> {
  try {
    const { exitCode, text } = await askTool(seat, ['cat', COROSYNC_CONF], options);
    return exitCode === 0 ? text : undefined;
  } catch (error) {
    if (!hasCode(error, 'command-missing')) throw error;
    return undefined;
  }
}

/** What `apply` and `rollback` share: the file, its differences, and keeping what was there before. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';
import { cib, pacemakerAct } from '../cluster.ts';
import { act } from '../failover.ts';
import type { Context } from './context.ts';
import { type ActValues, runAction } from './ha-act.ts';
import { type Ends, stateDirectory } from './ha-act-ends.ts';
import { createFile } from './new-file.ts';
import { printable } from './text.ts';

export interface ApplyOptions {
  action: 'apply' | 'rollback';
  /** Undefined stands for the CIB that was saved last. */
  file: string | undefined;
  allowsOlder: boolean;
}

export async function applyFile(context: Context, values: ActValues, options: ApplyOptions): Promise<undefined> {
  const folder = join(await stateDirectory(context), 'cib');
  let wanted = options.file === undefined ? undefined : await readCibFile(options.file);
  return await runAction(context, values, {
    plan: async (ends, nowMs) => {
      expectCib(options.action, ends);
      wanted ??= await newestIn(folder, ends);
      return await planFile(context, ends, { ...options, wanted, nowMs });
    },
    wanted: () => wanted,
    prepare: (ends) => keepLive(context, ends, folder),
  });
}

async function planFile(
  { clock, signal, output }: Context,
  { seat, situation, document }: Ends,
  { action, allowsOlder, wanted, nowMs }: ApplyOptions & { wanted: cib.XmlDocument; nowMs: number },
): Promise<act.ActionPlan> {
  const live = expectCib(action, { document });
  const faults = await pacemakerAct.verifyCib(seat, wanted, { clock, signal });
  const plan = act.planApply(situation, { action, wanted, live, faults, allowsOlder }, nowMs);
  for (const difference of plan.differences) output.line(printable(`~ ${difference}`));
  output.record('differences', { file: wanted.file, differences: plan.differences });
  return plan;
}

/** Before any file is looked for: none would help. */
function expectCib(action: string, { document }: Pick<Ends, 'document'>): cib.XmlDocument {
  if (document !== undefined) return document;
  throw new AppError('refused', {
    detail: `${action}: a Heartbeat cluster has no CIB`,
    hint: 'Its configuration is ha.cf and haresources. To move it to Pacemaker: holdfast ha import.',
  });
}

/** As it is right before it is replaced: with its version in the name, the newest last. */
async function keepLive({ clock, output }: Context, { seat, document }: Ends, folder: string): Promise<void> {
  const live = await pacemakerAct.readLiveCib(seat, { clock });
  const { adminEpoch, epoch } = cib.epochOf(document!);
  const time = new Date(clock.nowMs()).toISOString().replace(/[:.]/g, '-');
  const path = join(folder, `cib-${time}-${adminEpoch}.${epoch}.xml`);
  await createFile(path, cib.formatXml(live));
  output.line(printable(`What was there is kept in ${path}; back: holdfast ha rollback`));
  output.record('saved', { path });
}

/** A whole CIB, or only its configuration. @throws {AppError} `usage`, `config` */
async function readCibFile(file: string): Promise<cib.XmlDocument> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new AppError('usage', {
      detail: `cannot read ${file} (${errno})`,
      hint: 'Name a file that holds a CIB.',
      cause,
    });
  });
  const document = cib.parseXml(text, file);
  if (cib.rootOf(document).name === 'configuration')
    throw new AppError('config', {
      detail: `${file} holds a configuration without its <cib>, which names its schema and version`,
      hint: 'Take one as cibadmin --query or holdfast ha import writes it.',
    });
  return document;
}

/** Of the cluster that is asked: what was kept of others lies there as well. */
async function newestIn(folder: string, { document }: Ends): Promise<cib.XmlDocument> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return [];
  });
  const kept = names.filter((name) => /^cib-\d.*\.xml$/.test(name));
  for (const name of kept.toSorted().toReversed()) {
    const file = await readCibFile(join(folder, name));
    if (document === undefined || act.strangeness(document, file) === undefined) return file;
  }
  throw new AppError('refused', {
    detail: `no CIB of this cluster was saved in ${folder}`,
    hint: 'Name a file that holds one.',
  });
}

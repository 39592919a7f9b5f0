import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { make } from '../shelf.ts';
import { endOf, oneItem, type ShelfCall, tell } from './shelf-call.ts';
import { printable } from './text.ts';

/** Makes one archive of a folder, of standard input, or of the output of a program. @throws {AppError} `usage`, … */
export async function putStep(call: ShelfCall): Promise<undefined> {
  const { context, options, values, random } = call;
  const { output, signal } = context;
  const item = oneItem(call);
  const content = contentOf(call);
  await using end = await call.open(endOf(call));
  using progress = output.progress();
  let bytesDone = 0;
  const put = await make.putArchive(end, {
    shelf: options,
    item,
    file: values.file,
    nowMs: context.clock.nowMs(),
    token: Buffer.from(random.bytes(6)).toString('hex'),
    signal,
    content,
    onBytes: (bytes) => {
      bytesDone += bytes;
      progress.update({ filesDone: 0, bytesDone });
    },
  });
  progress.end();
  const { path, bytes, md5, sha256, replaced } = put;
  tell(call, `Put ${printable(path)}: ${formatBytes(bytes)}${replaced ? ', in the place of the one before' : ''}.`);
  output.record('put', { path, bytes, md5, sha256, replaced });
}

function contentOf({ context, values, command, processes }: ShelfCall): (file: string) => AsyncIterable<Uint8Array> {
  const { folder, stdin } = values;
  const given = [folder !== undefined, stdin, command.length > 0].filter(Boolean).length;
  if (given !== 1)
    throw new AppError('usage', {
      detail: given === 0 ? 'put is told of nothing to put' : 'put is told of several things',
      hint: 'Give --folder DIR, or --stdin, or a program after --.',
    });
  const world = { processes, signal: context.signal };
  if (folder !== undefined) return (file) => make.packFolder(folder, file, world);
  return () => (stdin ? context.stdin : make.outputOf(command[0]!, command.slice(1), world));
}

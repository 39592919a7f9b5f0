/** The folder of a bundle while it is packed: readable by its owner alone, and gone afterwards. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';

export interface BundleFolder extends AsyncDisposable {
  /** Its name is the archive's top folder. */
  path: string;
}

/** @throws {AppError} `failed` when there is no room or no right */
export async function makeFolder(
  name: string,
  files: readonly { path: string; text: string }[],
): Promise<BundleFolder> {
  const root = await attempt(tmpdir(), () => mkdtemp(join(tmpdir(), 'holdfast-bundle-')));
  const remove = async (): Promise<void> => await rm(root, { recursive: true, force: true });
  try {
    for (const { path, text } of files) {
      const file = join(root, name, path);
      await attempt(file, async () => {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(file, text, { mode: 0o600 });
      });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { path: join(root, name), [Symbol.asyncDispose]: remove };
}

/** Where bundles lie; made with rights for its owner alone when it is not there. */
export async function makeRoot(path: string): Promise<void> {
  await attempt(path, () => mkdir(path, { recursive: true, mode: 0o700 }));
}

/** What is known of a cluster's nodes is nobody else's business. */
export async function makePrivate(file: string): Promise<void> {
  await attempt(file, () => chmod(file, 0o600));
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    const hint = 'Check the free space and the rights there; TMPDIR names another folder for what is being packed.';
    throw new AppError('failed', { detail: `cannot write ${path} (${errno})`, hint, cause });
  }
}

/** A repository that stock restic makes, taken apart with the format's codecs alone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlobId, hexAt } from '../../src/base/ids.ts';
import { codec } from '../../src/host.ts';
import { readIndex } from '../../src/vault/index-file.ts';
import { openKey } from '../../src/vault/keyfile.ts';
import type { Node, PackedBlob } from '../../src/vault/model.ts';
import { decodePackHeader } from '../../src/vault/pack-header.ts';
import { Sealer } from '../../src/vault/seal.ts';
import { decodeTree } from '../../src/vault/tree.ts';
import { decodeUnpacked } from '../../src/vault/unpacked.ts';
import { requirePeer } from '../peers.ts';

export class ResticRepository {
  readonly environment: Record<string, string>;
  readonly #path: string;
  readonly #zstd = new codec.Zstd();
  #sealer: Sealer | undefined;

  constructor(path: string) {
    this.#path = path;
    const home = join(path, '..');
    this.environment = {
      TZ: 'UTC',
      HOME: home,
      RESTIC_PASSWORD: 'test',
      RESTIC_REPOSITORY: path,
      RESTIC_CACHE_DIR: join(home, 'cache'),
    };
  }

  restic(...args: string[]): void {
    execFileSync(requirePeer('restic'), args, { env: this.environment, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async open(): Promise<void> {
    const [name] = this.names('keys');
    const key = await openKey(readFileSync(join(this.#path, 'keys', name!), 'utf8'), 'test');
    assert.ok(key !== undefined);
    this.#sealer = new Sealer(key);
  }

  names(kind: string): string[] {
    return readdirSync(join(this.#path, kind)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  openFile(path: string): Uint8Array {
    return this.#unseal(new Uint8Array(readFileSync(join(this.#path, path))));
  }

  documents(kind: string): { name: string; plain: Uint8Array }[] {
    return this.names(kind).map((name) => ({ name, plain: decodeUnpacked(this.openFile(join(kind, name)), name) }));
  }

  packs(): { name: string; header: Uint8Array; bytes: Uint8Array }[] {
    return readdirSync(join(this.#path, 'data')).flatMap((first) =>
      this.names(join('data', first)).map((name) => {
        const bytes = new Uint8Array(readFileSync(join(this.#path, 'data', first, name)));
        const end = bytes.length - 4;
        const length = new DataView(bytes.buffer).getUint32(end, true);
        return { name, header: Uint8Array.from(this.#unseal(bytes.slice(end - length, end))), bytes };
      }),
    );
  }

  trees(): Map<string, Uint8Array> {
    const trees = new Map<string, Uint8Array>();
    for (const { header, bytes } of this.packs())
      for (const blob of decodePackHeader(header))
        if (blob.kind === 'tree') trees.set(blob.id, this.#blob(bytes, blob));
    return trees;
  }

  /** Nodes of the directory of that name in the source, wherever the path leads to it. */
  nodesBelow(directory: string): Node[] {
    const trees = this.trees();
    for (const bytes of trees.values()) {
      const entry = decodeTree(bytes).nodes.find(({ name, type }) => name === directory && type === 'dir');
      if (entry?.subtree !== undefined) return decodeTree(trees.get(entry.subtree)!).nodes;
    }
    return assert.fail(`no ${directory} in any tree`);
  }

  #blob(pack: Uint8Array, { id, offset, length, uncompressedLength }: PackedBlob): Uint8Array {
    const stored = this.#unseal(pack.slice(offset, offset + length));
    const plain = uncompressedLength === 0 ? stored : new Uint8Array(uncompressedLength);
    if (uncompressedLength > 0) assert.equal(this.#zstd.decompress(stored, plain), uncompressedLength);
    assert.equal(createHash('sha256').update(plain).digest('hex'), id);
    return plain;
  }

  #unseal(sealed: Uint8Array): Uint8Array {
    const plain = this.#sealer?.open(sealed);
    assert.ok(plain !== undefined);
    return plain;
  }
}

export function packsOf(name: string, plain: Uint8Array): { pack: string; blobs: PackedBlob[] }[] {
  const packs: { pack: string; blobs: PackedBlob[] }[] = [];
  readIndex(plain, {
    name,
    pack: (pack) => packs.push({ pack, blobs: [] }),
    blob: (id, kind, offset, length, uncompressedLength) =>
      packs.at(-1)!.blobs.push({ id: hexAt(id) as BlobId, kind, offset, length, uncompressedLength }),
  });
  return packs;
}

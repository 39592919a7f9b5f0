/** The config document: the vault's version, its own id, and the polynomial that decides where files are cut. */
import { AppError } from '../base/errors.ts';
import { Fields, objectJson } from './fields.ts';
import { isIrreducible } from './polynomial.ts';

export interface VaultConfig {
  /** 1 has no compression; 2 is what is written. */
  version: 1 | 2;
  /** 64 hex digits drawn when the vault was made. */
  id: string;
  /** Irreducible polynomial of degree 53 over GF(2), lowercase hex without prefix. */
  chunkerPolynomial: string;
}

export function encodeConfig({ version, id, chunkerPolynomial }: VaultConfig): string {
  return objectJson({ version, id: `"${id}"`, chunker_polynomial: `"${chunkerPolynomial}"` });
}

/** @throws {AppError} `vault-version` for a version other than 1 and 2, `file-damaged` */
export function decodeConfig(plain: Uint8Array): VaultConfig {
  const fields = Fields.parse(Buffer.from(plain).toString(), 'config');
  const version = fields.integer('version');
  if (version !== 1 && version !== 2) throw new AppError('vault-version', { detail: `version ${version}` });
  const chunkerPolynomial = fields.matching('chunker_polynomial', /^[0-9a-f]{1,16}$/);
  if (!isIrreducible(BigInt(`0x${chunkerPolynomial}`)))
    throw new AppError('file-damaged', { detail: `config: the polynomial ${chunkerPolynomial} is not irreducible` });
  return { version, id: fields.id('id'), chunkerPolynomial };
}

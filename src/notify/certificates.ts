import { readFile } from 'node:fs/promises';
import { AppError, errnoOf } from '../base/errors.ts';

/** Certificates, in PEM, that vouch for servers; those of `file` beside the rest. */
export type Trust = (file?: string) => Promise<string[]>;

/**
 * What Node trusts, what the administrator of this machine added to the system's store, and `file`.
 * @throws {AppError} `config` when the file cannot be read or holds no certificate
 */
export const systemTrust: Trust = async (file) => {
  const { getCACertificates } = await import('node:tls');
  const known = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  if (file !== undefined) known.add(await readCertificates(file));
  return [...known];
};

async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new AppError('config', {
      detail: `caFile ${file} cannot be read: ${errnoOf(error) ?? 'failed'}`,
      hint: 'Check path and modes.',
      cause: error,
    });
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new AppError('config', { detail: `caFile ${file} holds no certificate`, hint: 'It has to be PEM (RFC 7468).' });
}

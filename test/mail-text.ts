/** Reads mails in tests, apart from what writes them: headers (RFC 5322), encoded words (RFC 2047), the text (RFC 2045). */

export interface ReadMail {
  /** By lower-cased name, in order, with encoded words decoded. */
  headers: Map<string, string[]>;
  /** One value. @throws {Error} when there is none, or more than one */
  header(name: string): string;
  text: string;
}

export function readMail(raw: string): ReadMail {
  const end = raw.indexOf('\n\n');
  const headers = new Map<string, string[]>();
  for (const line of raw
    .slice(0, end)
    .replace(/\n(?=[ \t])/g, '')
    .split('\n')) {
    const [, name = '', value = ''] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not a header: ${JSON.stringify(line)}`);
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), decodeWords(value)]);
  }
  const header = (name: string) => {
    const [value, ...more] = headers.get(name) ?? [];
    if (value === undefined || more.length > 0) throw new Error(`${more.length + 1} headers ${name}:\n${raw}`);
    return value;
  };
  const body = raw.slice(end + 2);
  const encoding = header('content-transfer-encoding');
  if (encoding !== '7bit' && encoding !== 'quoted-printable') throw new Error(`encoding ${encoding}`);
  return { headers, header, text: encoding === '7bit' ? body : decodeQuoted(body.replaceAll('=\n', '')) };
}

function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, '$1');
  return joined.replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, form: string, text: string) =>
    form.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : decodeQuoted(text.replaceAll('_', ' ')),
  );
}

function decodeQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

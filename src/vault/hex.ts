/** Hex ids inside documents, read without a string in between. */

/** Value of each lowercase hex digit by its char code; 0x80 for everything else. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value < 0 ? 0x80 : value;
});

/** Fills `out` from lowercase hex text at `from`. @returns false when a byte is not such a digit; `out` is then undefined */
export function hexInto(bytes: Uint8Array, from: number, out: Uint8Array): boolean {
  let bad = 0;
  for (let i = 0, at = from; i < out.length; i++, at += 2) {
    const high = DIGITS[bytes[at]!]!;
    const low = DIGITS[bytes[at + 1]!]!;
    bad |= high | low;
    out[i] = (high << 4) | low;
  }
  return (bad & 0x80) === 0;
}

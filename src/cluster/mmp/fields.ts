/** Little-endian fields of a block on disk, by their byte offsets. */
export interface Fields {
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  u64(offset: number): bigint;
  /** Up to the first NUL; what is not UTF-8 appears as U+FFFD. */
  text(offset: number, length: number): string;
  hex(offset: number, length: number): string;
}

/** @param bytes holds every field that will be asked for */
export function fieldsOf(bytes: Uint8Array): Fields {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    u8: (offset) => buffer.readUInt8(offset),
    u16: (offset) => buffer.readUInt16LE(offset),
    u32: (offset) => buffer.readUInt32LE(offset),
    u64: (offset) => buffer.readBigUInt64LE(offset),
    text: (offset, length) => {
      const field = buffer.subarray(offset, offset + length);
      const end = field.indexOf(0);
      return field.toString('utf8', 0, end < 0 ? length : end);
    },
    hex: (offset, length) => buffer.toString('hex', offset, offset + length),
  };
}

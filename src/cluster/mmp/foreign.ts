/** Names what is on a device instead of ext4, where a few bytes at its beginning tell: for messages only. */
const FORMATS: readonly { name: string; offset: number; magic: string }[] = [
  { name: 'XFS', offset: 0, magic: 'XFSB' },
  { name: 'an LVM physical volume', offset: 512, magic: 'LABELONE' },
  { name: 'LUKS', offset: 0, magic: 'LUKS' },
  { name: 'swap space', offset: 4086, magic: 'SWAPSPACE2' },
];
const BOOT_SIGNATURE = 0xaa55;

/** @returns undefined when it is none of those known, or `bytes` ends too early to tell */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = FORMATS.find(({ offset, magic }) => buffer.toString('latin1', offset, offset + magic.length) === magic);
  if (found !== undefined) return found.name;
  if (buffer.every((byte) => byte === 0)) return 'zeros only';
  return buffer.length >= 512 && buffer.readUInt16LE(510) === BOOT_SIGNATURE ? 'a partition table' : undefined;
}

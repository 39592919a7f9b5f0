/** What the two blocks say that protect an ext4 file system (and Lustre's ldiskfs, which shares them) from a second mount. */

/**
 * `clean`: nobody has it, a mount is let in at once. `active-or-crashed`: somebody has it, or had it when the machine
 * died; one look cannot tell which. `fsck`: e2fsck or tune2fs is at work, or died at work. `no-mmp`: not protected.
 * `damaged`: superblock or MMP block cannot be trusted, `damage` says how.
 */
export type MmpState = 'clean' | 'active-or-crashed' | 'fsck' | 'not-ext4' | 'no-mmp' | 'damaged';

export interface MmpReading {
  state: MmpState;
  /** Undefined unless `not-ext4` or `damaged`. */
  damage: Damage | undefined;
  /** Undefined when there is no superblock of ext4, or none that can be trusted. */
  ext4: Superblock | undefined;
  /** Undefined without the feature, and when the block is no MMP block or its checksum is wrong. */
  mmp: MmpBlock | undefined;
  /** Sum over the MMP block as it was read, whatever is in it: equal as long as nobody wrote it. */
  digest: number | undefined;
}

export interface Damage {
  /** Where it is. */
  at: 'superblock' | 'mmp-block';
  kind: 'truncated' | 'magic' | 'checksum' | 'invalid';
  /** In words, without a full stop. */
  text: string;
}

export interface Superblock {
  label: string;
  /** `xxxxxxxx-xxxx-…` */
  uuid: string;
  /** Directory it was last mounted on; empty when never. */
  lastMounted: string;
  blockBytes: number;
  /** Last mount and last write of the superblock, by the clock of the host that did it; undefined when never. */
  mountedMs: number | undefined;
  writtenMs: number | undefined;
  /** Unmounted cleanly: neither mounted read-write without a journal, nor crashed so. */
  isClean: boolean;
  /** The journal holds what is not in place yet: mounted read-write somewhere, or crashed so. */
  needsRecovery: boolean;
  /** The kernel has seen inconsistencies. */
  hasErrors: boolean;
  hasJournal: boolean;
  hasMmp: boolean;
  /** Of metadata_csum: what sums over blocks begin with; undefined without that feature. */
  checksumSeed: number | undefined;
  /** As written: 0 stands for the default, 5 (tune2fs(8), mmp_update_interval). */
  updateIntervalS: number;
  /** Byte at which the MMP block begins; undefined without the feature. */
  mmpOffset: number | undefined;
}

export interface MmpBlock {
  sequence: number;
  /** Last write, to the second, by the clock of the host that wrote; undefined when never written by a mount. */
  timeMs: number | undefined;
  /** Host that wrote last. */
  nodeName: string;
  /** The device as that host names it. */
  deviceName: string;
  /** Longest time that the writer leaves between two writes, as it measured it. */
  checkIntervalS: number;
}

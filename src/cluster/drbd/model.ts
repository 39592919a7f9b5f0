/** What DRBD says of a resource, in the words of DRBD 9 (LINBIT, DRBD 9.0 User's Guide, "Checking DRBD status"). */

export interface DrbdResource {
  name: string;
  /** `Primary`, `Secondary`, `Unknown`. */
  role: string;
  /** Of each volume on this machine: `UpToDate`, `Inconsistent`, `Outdated`, `Diskless`, … Those diskless on purpose are left out. */
  disks: readonly string[];
  peers: readonly DrbdPeer[];
}

export interface DrbdPeer {
  /** Undefined with DRBD 8, which has one peer and no name for it. */
  name: string | undefined;
  role: string;
  /** `Connected`, `Connecting`, `StandAlone`, … */
  connection: string;
  volumes: readonly DrbdPeerVolume[];
}

export interface DrbdPeerVolume {
  /** `Established` when what is written goes there as well; `SyncSource`, `PausedSyncS`, `Off`, … */
  replication: string;
  disk: string;
  /** KiB that differ, as far as is known; undefined where it is not told. */
  outOfSyncKib: number | undefined;
  /** Diskless on purpose: it holds no copy. */
  isClient: boolean;
}

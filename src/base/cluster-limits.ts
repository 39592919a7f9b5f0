/** Maxima and times of what is asked of clusters, their nodes and devices, with the arithmetic behind each. */
import { MIB } from './bytes.ts';

/** An operation in the history takes some 650 bytes: 257 resources looked for on each of 32 nodes are 5 MiB, and this is twelve times that. */
export const CIB_CHARACTERS_MAX = 64 * MIB;
/** Elements inside each other; a CIB has ten, with nested rules a few more, and libxml2 stops at 256. */
export const XML_DEPTH_MAX = 256;
/** A corosync.conf of 1,000 nodes with eight links each takes 300 KiB. */
export const COROSYNC_CHARACTERS_MAX = 4 * MIB;

/** A read of two sectors; multipath and SCSI give up on a path and try the next within about 30 s at most. */
export const DEVICE_READ_MS_MAX = 40_000;
/** Reads of superblock or MMP block in the middle of a write: tried so often, with such a pause, before they count as damaged. */
export const TORN_READS_MAX = 4;
export const TORN_READ_PAUSE_MS = 150;
/** Devices looked at side by side on one host: over ssh each is a connection, and sshd drops some from ten waiting on. */
export const DEVICES_READ_MAX = 4;
/** A sequence is looked at twice per update interval, within these bounds: an update is seen soon, and nobody is busy with it. */
export const MMP_WATCH_STEP_MS_MIN = 500;
export const MMP_WATCH_STEP_MS_MAX = 5_000;

/** Blocks inside each other in a script of PowerMan; the deepest that is shipped has two. */
export const POWERMAN_DEPTH_MAX = 32;
/** powermand copies a string into 8,192 bytes, the one that ends it included, without looking (2.3.27, 2.4.4). */
export const POWERMAN_STRING_BYTES_MAX = 8_191;
/** Files inside files that powermand reads: it counts ten with the first. */
export const POWERMAN_INCLUDES_DEEP_MAX = 9;
/** Includes followed in all: every specification that is shipped takes 60. */
export const POWERMAN_INCLUDES_MAX = 1_000;
/** Hosts in one range of a host list; PowerMan takes no more either. */
export const HOST_RANGE_MAX = 16_384;
/** Hosts of one host list: four full ranges, more than any site has, and 2 MiB of names. */
export const HOST_LIST_MAX = 65_536;

/** How long a program may take to tell the state of a cluster. crm_mon takes 0.03 s, and 0.5 s with a thousand resources; a hung one never ends. */
export const CLUSTER_READ_MS_MAX = 20_000;
/** Views of nodes that differ are read again after this, as the nodes are never asked in the same instant. */
export const CLUSTER_REREAD_MS = 1_000;
/** What such a program may print: 1 KiB for each of 10,000 operations of a cluster with history, and as much again. */
export const CLUSTER_ANSWER_BYTES_MAX = 32 * MIB;
/** Between two readings while a cluster is watched, when nothing else is said. */
export const CLUSTER_WATCH_MS = 2_000;
/** Fencing events that are shown and kept: the fencer itself keeps 500. */
export const FENCING_EVENTS_MAX = 500;

/** Small files and lists of a node, read by one command; what takes longer than this hangs. */
export const LINT_NODE_MS_MAX = 20_000;

/** What a mount waits for multiple-mount protection after a crash, where the device was not read: measured at 44.8 s with an update interval of 5 s. */
export const MOUNT_WAIT_MS = 45_000;
/** What Pacemaker takes where neither an operation nor `op_defaults` says (Pacemaker Explained, "Operation properties"). */
export const OPERATION_MS = 20_000;

/** One run of crm_simulate: 8 s to place 65 resources on 16 nodes from nothing, 0.3 s from there; ten times as much and more hangs. */
export const SIMULATION_MS_MAX = 120_000;
/** Rounds of one simulation: a failure, what it leads to, what that leads to; a fourth changed nothing in any case tried. */
export const SIMULATION_ROUNDS_MAX = 5;
/** Of CIBs in answers of crm_simulate that are remembered, in characters: those of 250 faults of 16 nodes and 65 resources. */
export const SIMULATIONS_REMEMBERED_CHARS = 32 * 2 ** 20;
/** Sets of faults begun for each run of crm_simulate that may be under way: most wait for an answer that several share. */
export const SIMULATIONS_BEGUN_PER_RUN = 8;
/** Double faults that are simulated one by one; at 0.3 s each and two at a time that is five minutes. */
export const SIMULATIONS_MAX = 2_000;

/** A change of the configuration waits for the DC to write it on every node: 0.1 s, and 60 s for a DC that is being elected. */
export const CLUSTER_CHANGE_MS_MAX = 60_000;
/** Times that a CIB is read and written again because its status had moved on: an operation that ends takes 10 ms of a cluster. */
export const CIB_REPLACE_ATTEMPTS_MAX = 10;
/** A cluster is watched in spans of this length, between which is told what it is at. */
export const CLUSTER_WAIT_SPAN_MS = 4_000;
/** Between two looks at a cluster that is at work. */
export const CLUSTER_LOOK_MS = 500;
/** How old the proof of a fencing path may be before a takeover: a switch that was fine a week ago was unplugged since often enough. */
export const FENCING_PROOF_MS_MAX = 24 * 60 * 60_000;
/** How far a replica may be behind when it is to be taken over. */
export const REPLICA_AGE_MS_MAX = 60_000;

/** How often a change of a CIB is made anew because somebody was faster: status changes come a few a second at worst. */
export const CIB_PATCH_ATTEMPTS_MAX = 8;
/** A device that is asked for its status: agents log in within 5 to 30 s, and the fencer itself gives up after 60. */
export const FENCE_TRY_MS_MAX = 60_000;
/** Paths of fencing tried side by side: boards take few logins at once. */
export const FENCE_TRIES_MAX = 4;
/** The shortest and the longest pause of fencing: less is over before anything is done, more is no pause. */
export const FENCE_PAUSE_MS_MIN = 10_000;
export const FENCE_PAUSE_MS_MAX = 24 * 60 * 60 * 1000;
/** How far a clock may be behind that of the DC: a pause ends so much later at worst. Clusters keep their clocks by NTP, to a second. */
export const FENCE_CLOCKS_MS_MAX = 60_000;
/** How long a cluster may take to say what it was just told: a change of the CIB reaches crm_mon within a second. */
export const FENCE_SETTLE_MS_MAX = 15_000;
/** Until the fencer must have shot: its own limit is 60 s a device and try (`stonith-timeout`), with two tries and delays. */
export const FENCE_SHOT_MS_MAX = 5 * 60 * 1000;
/** Until the cluster must have been without a node that was shot: it drops it as soon as its fencer says so, or after a token of some seconds. */
export const FENCE_GONE_MS_MAX = 30_000;
/** Until a node that was shot must be a member again: firmware of large servers takes ten minutes. */
export const FENCE_REJOIN_MS_MAX = 20 * 60 * 1000;
/** One log in a support bundle: its last 8 MiB are some days of a noisy cluster. */
export const BUNDLE_ITEM_BYTES_MAX = 8 * MIB;
/** Of one node in a support bundle: twelve such logs, and what fits in memory on any machine. */
export const BUNDLE_NODE_BYTES_MAX = 96 * MIB;
/** CIBs of the past in it, newest first: Pacemaker keeps a hundred, and a support case is about the last changes. */
export const BUNDLE_CIBS_MAX = 25;
/** Things taken from a node at once: each is a connection, and sshd drops some from ten waiting on. */
export const BUNDLE_SIDE_BY_SIDE = 4;
/** For each file or command of a support bundle. */
export const BUNDLE_ITEM_MS_MAX = 30_000;
/** Until ssh must have come through to a node that the configuration says nothing of; as `hosts` have it without more words. */
export const NODE_CONNECT_MS_MAX = 15_000;
/** Lines of a test of fencing that are told with its outcome; all are in its log. */
export const FENCING_LINES_TOLD_MAX = 20;
/** A fence device's status: service processors answer within 10 s, or do not. */
export const FENCING_ASK_MS_MAX = 20_000;
/** One configuration file of a node: a corosync.conf of 1,000 nodes takes 300 KiB, and keys and scripts far less. */
export const CONFIGURATION_FILE_BYTES_MAX = 4 * MIB;
/** Files in one folder of a node's configuration: Heartbeat ships 22 scripts, and pcsd keeps ten files. */
export const CONFIGURATION_FOLDER_FILES_MAX = 500;
/** Nodes read side by side: each is a connection of its own to another machine. */
export const CONFIGURATION_NODES_MAX = 8;
/** Until a daemon of a cluster runs that was told to start: the init script of Pacemaker sleeps 5 s, systemd gives up after 90. */
export const RESTORE_START_MS_MAX = 90_000;
/** Until a node that was started is a member: 20 s of dc-deadtime and 60 s of an election, twice. */
export const RESTORE_MEMBER_MS_MAX = 180_000;
/** Until two members have the same CIB: it is sent within a second, unless somebody changes it all the time. */
export const RESTORE_AGREE_MS_MAX = 30_000;
/** Until everything was looked at anew and has started: a mount of a disk that looks in use takes 45 s. */
export const RESTORE_CLEANUP_MS_MAX = 300_000;
/** Option files inside each other: MySQL stops at ten (my_default.c), PostgreSQL at ten, and nobody needs more of the others. */
export const OPTION_FILES_DEEP_MAX = 10;
/** Files that one configuration includes: a web server with a file for each of its sites; over ssh each takes some 0.1 s. */
export const OPTION_FILES_MAX = 500;
/** Blocks inside each other in a named.conf: a zone in a view with its lists has four. */
export const NAMED_BLOCKS_DEEP_MAX = 32;
/** One file of a node, or one folder's names, by a command: what takes longer hangs. */
export const NODE_FILE_MS_MAX = 20_000;

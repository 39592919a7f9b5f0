/**
 * Every maximum in one place, with the arithmetic behind it. Bytes unless the name says otherwise.
 */
import { GIB, KIB, MIB } from './bytes.ts';

/** Largest data blob the chunker cuts; restic's chunker has the same bound. */
export const CHUNK_BYTES_MAX = 8 * MIB;

/** Packs are closed once they reach this size: restic's default. */
export const PACK_BYTES_TARGET = 16 * MIB;
export const PACK_BYTES_TARGET_MIN = 4 * MIB;
export const PACK_BYTES_TARGET_MAX = 128 * MIB;

/** A pack being filled may pass its target by one chunk, its seal and the header of what is in it. */
export const PACK_SLACK_BYTES = CHUNK_BYTES_MAX + 64 * KIB;

/**
 * Pack buffers: each thread fills one for data and one for trees, and this many more wait for or are in the storage.
 * Pages never touched cost nothing, so the memory in use is about (2 x threads + this) x 16 MiB at the very most.
 */
export const PACKS_IN_FLIGHT_MAX = 3;

/** An index file is written when this many blobs are waiting for it: about 10 MiB of JSON. */
export const INDEX_BLOBS_MAX = 50_000;
/** … or when the oldest has waited this long; bounds what an interrupted backup has to do again. */
export const INDEX_AGE_MS_MAX = 10 * 60_000;
/** … or when new packs wait that are this large and this part of those indexed: about 50 files for a first TiB, not 20. */
export const INDEX_NEW_BYTES_MIN = GIB;
export const INDEX_NEW_DIVISOR = 8;

/**
 * Claims of new blobs: tables of 2^15 slots doubling 14 times hold 2^29 slots of 36 B, reserved as address space only.
 * Half of them can be used: 268 million new blobs in one run.
 */
export const CLAIMS_FIRST_TABLE = 2 ** 15;
export const CLAIM_TABLES_MAX = 14;

/** A large file is read in windows of this size, each by the next free thread; more windows mean more waiting for cuts. */
export const READ_WINDOW_BYTES = 16 * MIB;
/** Bytes of a large file read at a time: what is read is still in the processor's cache when it is searched for cuts. */
export const READ_STEP_BYTES = 256 * KIB;

/** Sealed documents loaded at a time: index files of up to about 3 MiB, decompressed to 10 MiB. */
export const DOCUMENT_LOADS_MAX = 4;

/** Lock times as all programs on the format keep them: renewed every 5 minutes, given up at 22.5, stale at 30. */
export const LOCK_REFRESH_MS = 5 * 60_000;
export const LOCK_LOST_MS = 22.5 * 60_000;
export const LOCK_STALE_MS = 30 * 60_000;
/** Pause between writing a lock and looking for others. */
export const LOCK_SETTLE_MS = 200;
/** Pause between attempts when asked to wait for a lock. */
export const LOCK_RETRY_PAUSE_MS = 2_000;

/** Keys tried with one password before giving up, as each costs a deliberate fraction of a second. */
export const KEYS_TRIED_MAX = 20;

/** Objects and arrays inside each other in a JSON document; the format's own documents need five. */
export const JSON_DEPTH_MAX = 64;

/**
 * Decompressed size of an index, snapshot or lock: an index of 150,000 blobs, the most restic writes, is about 30 MiB;
 * the bound only keeps a hostile file from filling the memory.
 */
export const DOCUMENT_BYTES_MAX = 512 * MIB;
/** Room first given to a document that does not say its size, times its compressed size; hex ids alone give two. */
export const JSON_RATIO_GUESS = 16;

/** Header of a pack: what restic reads at most, enough for 409,199 blobs. */
export const PACK_HEADER_BYTES_MAX = 16 * MIB + 4;
/** Places inside a pack are 32-bit numbers. */
export const PACK_BYTES_MAX = 2 ** 32 - 1;

/** Memory of one password derivation, 128 x N x r, accepted from a key file; restic itself stays below 64 MiB. */
export const SCRYPT_BYTES_MAX = 1024 * MIB;
/** Memory traffic of one derivation, 128 x N x r x p, accepted from a key file: half a minute on a slow machine. */
export const SCRYPT_WORK_BYTES_MAX = 16 * 1024 * MIB;

/** First pause before a storage call is tried again; it doubles from there. */
export const RETRY_PAUSE_MS = 250;
/** From this pause on, about two seconds after the first failure, people are told. */
export const RETRY_TOLD_MS = 1_000;
/** Longest pause: a storage that comes back is noticed within half a minute. */
export const RETRY_PAUSE_MS_MAX = 30_000;
/** Pauses of 0.25, 0.5, … 16 and then 30 s add up to about 3.5 minutes over 14 attempts: longer than a server restarts. */
export const RETRY_ATTEMPTS_MAX = 14;
/** No further attempt starts this long after the first. Locks hold for 22.5 minutes, so a stuck call ends before its lock. */
export const RETRY_TOTAL_MS_MAX = 15 * 60_000;

/** Files looked at together while a directory is listed: four keep Node's I/O threads busy, the rest hides latency. */
export const LIST_STATS_MAX = 64;
/** Requests at a time a local directory likes: as many as Node has I/O threads, since each holds one. */
export const LOCAL_CONNECTIONS = 4;
/** From this size on files are written past the page cache; below, a second descriptor costs more than the copy. */
export const DIRECT_WRITE_BYTES_MIN = MIB;
/** Of memory, position and length in direct writes: the largest logical block in common use, and a page of x86-64. */
export const DIRECT_ALIGNMENT_BYTES = 4 * KIB;

/** Entries of a directory captured in one job; a larger directory is spread over the threads in runs of this many. */
export const DIRECTORY_NAMES_MAX = 2048;
/** Files up to this size are read by the thread that finds them; larger ones queue for whichever is free. */
export const INLINE_FILE_BYTES_MAX = MIB;
/** Times a file that changes under the reader is read before what was read is taken. */
export const FILE_ATTEMPTS_MAX = 3;
/** Jobs with a thread at a time: one it works on, and the next ones it finds without waiting for the main thread. */
export const JOBS_PER_THREAD_MAX = 3;

/** Neighbouring blobs are loaded together up to this many bytes, with at most this much between them that is not wanted. */
export const SEGMENT_BYTES_MAX = 4 * MIB;
export const SEGMENT_GAP_BYTES_MAX = 128 * KIB;
/** Segments loaded ahead of the threads: 4 x 4 MiB keeps a local disk and two threads busy. */
export const SEGMENTS_AHEAD_MAX = 4;
/** Buffers for whole packs being checked, together; at least two, whatever the size of the packs. */
export const CHECK_BUFFER_BYTES_MAX = 128 * MIB;

/** Trees loaded ahead in each directory on the way of a walk; most are a few KiB. */
export const TREES_AHEAD_MAX = 4;
/** Blobs loaded ahead of whoever writes out a file: 6 x 8 MiB at most. */
export const BLOBS_AHEAD_MAX = 6;

/** Trees loaded ahead while a restore is planned; a tree of 2,000 files is about 1 MiB of text. */
export const RESTORE_TREES_AHEAD_MAX = 16;
/** Buffers a restore loads parts of packs into: a largest chunk and its seal fit. */
export const RESTORE_SLOT_BYTES = CHUNK_BYTES_MAX + 64 * KIB;
/** Blobs are loaded together up to this many bytes, which are still in the processor's cache when they are opened. */
export const RESTORE_READ_BYTES_MAX = 4 * MIB;
/** Unwanted bytes between two blobs that are read along, as a further request costs more. */
export const RESTORE_GAP_BYTES_MAX = 128 * KIB;
/** Content given to a thread at a time, so that one blob used in thousands of places is spread over the threads … */
export const RESTORE_JOB_BYTES_MAX = 32 * MIB;
/** … and entries at a time: about 10 ms of work. */
export const RESTORE_JOB_ENTRIES_MAX = 512;
/** Loaded pieces for each thread: one being written out, one waiting, and one being loaded. 24 MiB a thread. */
export const RESTORE_PIECES_PER_THREAD = 3;
/** Parts a thread's share of a restore is cut into, so that all threads end at about the same time. */
export const RESTORE_SEGMENTS_PER_THREAD = 8;
/** A copy saves snapshots whenever it has stored so much: an interrupted one has something to show every few seconds. */
export const COPY_BATCH_BYTES = GIB;
/** Files from this size on are written past the page cache, in pieces of at least … */
export const RESTORE_DIRECT_FILE_BYTES_MIN = 32 * MIB;
/** … so many bytes: below that a request costs more than the copy it saves. */
export const RESTORE_DIRECT_BYTES_MIN = 256 * KIB;
/** Writes each thread has under way, of neighbouring pieces that together are no larger than a chunk may be: 24 MiB a thread. */
export const RESTORE_DIRECT_BUFFERS = 3;
/** Directories and large files each thread keeps open. */
export const RESTORE_DIRECTORIES_OPEN_MAX = 256;
export const RESTORE_FILES_OPEN_MAX = 64;

/** Blobs from which a loaded index is cached: below, reading the index files takes less than 20 ms. */
export const INDEX_CACHE_BLOBS_MIN = 10_000;
/** Blobs up to which it is: 4 million take 220 MiB, held twice while the cache is written. */
export const INDEX_CACHE_BLOBS_MAX = 4_000_000;

/** Neighbouring trees are fetched in segments of this size, and 16 MiB of them kept. */
export const NEARBY_SEGMENT_BYTES = MIB;
export const NEARBY_SEGMENTS_MAX = 16;

/** A log of a run: a million lines about files that cannot be read take 100 MiB; what is beyond 16 MiB is only counted. */
export const RUN_LOG_BYTES_MAX = 16 * MIB;
/** How long a run waits for others to release its vault: a prune of a large vault may take hours. */
export const RUN_LOCK_WAIT_MS = 2 * 60 * 60 * 1000;
/** How long failure hooks and notices may take after a run was stopped. */
export const RUN_AFTERMATH_MS = 5 * 60 * 1000;
/** How long retention waits for others: it can as well be done after the next run. */
export const RETENTION_LOCK_WAIT_MS = 10 * 60 * 1000;

/**
 * How long a change of the ledger waits for those of other processes. The longest takes down a million packs, in about
 * five seconds; six of these may stand in line.
 */
export const LEDGER_BUSY_MS_MAX = 30_000;
/** What stays of the ledger's write-ahead log on disk once it is empty again; a million packs pass through 100 MiB of it. */
export const LEDGER_LOG_BYTES_KEPT = 4 * MIB;

/** Days of a shelf that are looked at for missing archives: a month, after which nobody can mend a missed day. */
export const SHELF_DAYS_MAX = 31;
/** Members of an archive that are unpacked in one go: their names take about 300 MiB of memory. */
export const SHELF_MEMBERS_MAX = 2_000_000;
/** Rows of a query that are shown. */
export const SHELF_ROWS_MAX = 10_000;
/** Clocks that differ by more mislead about ages and about stale locks. */
export const CLOCK_SKEW_MS_MAX = 60 * 1000;

/** A run that begins this much after its time is late: it makes up for a missed one. Five looks at the clock. */
export const SCHEDULE_LATE_MS = 5 * 60_000;
/** The scheduler looks at the clock at least so often, so that a clock that was set, or a sleep of the machine, is noticed. */
export const SCHEDULE_SLEEP_MS_MAX = 60_000;
/** Runs of one turn that may be killed before it is given up: what brings the machine down shall not do so for ever. */
export const TURN_LOSSES_MAX = 2;
/** Settled turns or successes lie ahead by more than this only when the clock was wrong: a day, and an hour of summer time, and one more. */
export const CLOCK_AHEAD_MS_MAX = 26 * 60 * 60_000;
/** How long a waiting prune keeps new runs off its vault. */
export const PRUNE_RESERVE_MS = 30 * 60_000;
/** How much longer than a backup other runs wait for a place. */
export const MAINTENANCE_BEHIND_MS = 30 * 60_000;
/** Pause before what could not begin is tried again. */
export const BEGIN_PAUSE_MS = 30_000;
/** How long runs may take to stop with the daemon; systemd kills after 90 s unless told otherwise. */
export const STOP_GRACE_MS = 60_000;
/** Runs looked through for the newest with a figure: every kind of run of a vault stores them, unless it failed. */
export const STATUS_RUNS_MAX = 100;

/** A request for metrics is one short line and a few headers; whoever takes longer than this to send it is cut off. */
export const HTTP_HEADER_BYTES_MAX = 8 * KIB;
export const HTTP_REQUEST_MS_MAX = 5_000;
/** Prometheus, its spare, and a person with a browser; more wait in the kernel. */
export const HTTP_CONNECTIONS_MAX = 16;
/** One step of an examination: longer than a connection may take to come about, shorter than a person's patience. */
export const DOCTOR_STEP_MS_MAX = 60 * 1000;

/** A notification is tried three times: at once, after 5 s and after another 20 s, which outlasts a restart of a mail server. */
export const NOTIFY_RETRIES_MAX = 2;
export const NOTIFY_PAUSE_MS = 5_000;
export const NOTIFY_PAUSE_FACTOR = 4;
/** Messages that wait for one target, which gets one at a time: with 30 s for each, the last leaves within the hour. */
export const NOTIFY_WAITING_MAX = 100;
/** What did not get out is told in the next message for this long. */
export const NOTIFY_MISSED_MS = 7 * 24 * 60 * 60_000;
/**
 * What matters and was not taken is tried again after a minute, two, four and so on up to an hour: 5 minutes of
 * greylisting (RFC 6647) cost 7. For three days, which outlasts a weekend: 76 times.
 */
export const NOTIFY_OWED_PAUSE_MS = 60_000;
export const NOTIFY_OWED_PAUSE_MS_MAX = 60 * 60_000;
export const NOTIFY_OWED_MS = 3 * 24 * 60 * 60_000;
/** For each target; the oldest give way. With 200 kB each, the most a notice can have, 20 MB. */
export const NOTIFY_OWED_MAX = 100;
/** While the ledger cannot say what was told, the same is told to a target once within this. */
export const NOTIFY_AGAIN_MS = 60 * 60_000;
/** Of a notice: lines, and characters of each and of its title. The largest mail has 200,000 characters: 2 MB at worst, encoded. */
export const NOTICE_LINES_MAX = 200;
export const NOTICE_LINE_CHARS_MAX = 1_000;
export const NOTICE_TITLE_CHARS_MAX = 200;
/** Text sent with a dead-man ping; services keep 10 to 100 kB of it. */
export const PING_BODY_BYTES_MAX = 10_000;
/** Of the answer to a webhook or ping so much is read: services answer in a word. */
export const ANSWER_BYTES_MAX = 1_024;

/** Further runs a plan of retention looks ahead to say when a point goes: 27 years of nightly runs, a year of hourly ones. */
export const FORECAST_RUNS_MAX = 10_000;

/** A configuration: a file of a thousand plans is 300 KiB. Files of it, includes inside includes, and values after aliases. */
export const CONFIG_FILE_BYTES_MAX = MIB;
export const CONFIG_FILES_MAX = 100;
export const CONFIG_INCLUDES_DEEP_MAX = 8;
export const CONFIG_VALUES_MAX = 100_000;
export const CONFIG_DEPTH_MAX = 32;
/** Problems of one configuration that are told; a person mends them a few at a time. */
export const CONFIG_PROBLEMS_MAX = 50;
/** A secret, from a file or from a command: as much as a password of a vault may have. */
export const SECRET_BYTES_MAX = 64 * KIB;

/** Silence on an ssh connection is asked about this often, or as often as a connection may take to come about … */
export const SSH_ALIVE_SECONDS_MAX = 15;
/** … and so many times: a dead one is noticed within 45 s. */
export const SSH_ALIVE_COUNT = 3;
/** A login may take this many times as long as a connection: a minute by default, for homes and accounts that servers hold. */
export const SSH_BEGIN_FACTOR = 4;
/** What start-up files of a login shell may print before the command: greetings of sites take a few KiB. */
export const REMOTE_NOISE_BYTES_MAX = 64 * KIB;

/** Of a sidecar so much is read; the two kinds take 64 and some 200 bytes. */
export const SIDECAR_BYTES_MAX = 4 * KIB;
/** Archives are read in pieces of this size: a piece costs a message to each of two threads, some 60 µs for 2 ms of hashing. */
export const ARCHIVE_READ_BYTES = MIB;
/** Pieces being hashed while the next are read: 16 MiB, enough to bridge a thread's start. */
export const ARCHIVE_PIECES_MAX = 16;
/** With a limit on bandwidth pieces are so small that ten of them make a second, but not smaller than this. */
export const PACED_PIECE_BYTES_MIN = 4 * KIB;
/** Pauses before a host that was not reached is tried again: 5, 10, 20, … s, at most 5 minutes; a name server's bad hour is outlasted by 15 of them. */
export const TRANSFER_PAUSE_MS = 5_000;
export const TRANSFER_PAUSE_MS_MAX = 5 * 60_000;
/** A transfer tells that it lives this often; unchanged for this long while being watched, its lock is given up by others. */
export const TRANSFER_BEAT_MS = 15_000;
export const TRANSFER_STALE_MS = 50_000;
/** Earlier good runs without which a run is not judged: of two, the median is no better than either. */
export const ANOMALY_RUNS_MIN = 3;
/** What a simulation of retention goes over: ten years, and as many runs as one every half hour makes in a year. */
export const SIMULATION_DAYS_MAX = 3_660;
export const SIMULATION_RUNS_MAX = 18_000;

/** A name in a directory of Linux (NAME_MAX, limits.h): a longer one could never be restored. */
export const FILE_NAME_BYTES_MAX = 255;
/** Archives up to this size are hashed by the calling thread: 15 ms, against 65 ms to start two others. */
export const DIGEST_INLINE_BYTES_MAX = 8 * MIB;
/** A listing of another machine: 100 bytes for each of a million files, and their sidecars. */
export const REMOTE_LISTING_BYTES_MAX = 256 * MIB;
/** What takes no time on another machine but may wait for its disk, as syncing does behind a large archive. */
export const REMOTE_STEP_MS_MAX = 5 * 60_000;
/** Packs read back between two entries in the ledger, each of which is made durable: 64 packs of 16 MiB take seconds. */
export const VERIFIED_BATCH = 64;
/** Points of runs that were no success that stay beside the good ones, where no ladder says how many: a week of nights. */
export const POINTS_LESSER_MAX = 7;
/** How long a run may go on after it was told to stop, before it is taken down as ended: a call into a dead mount never ends. */
export const RUN_STOP_GRACE_MS = 60 * 1000;
/** How long failure hooks have when the run was stopped by a person or the system, who wait. */
export const RUN_STOP_HOOKS_MS = 30 * 1000;
/** How often the end of a run is written down anew when the ledger cannot take it, and the pause between. */
export const RUN_END_ATTEMPTS_MAX = 10;
export const RUN_END_PAUSE_MS = 1000;

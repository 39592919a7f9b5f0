/**
 * Folders of a snapshot as one stream: a tar of the POSIX pax form, which keeps all that a snapshot knows but holes, or a
 * zip, which keeps names, content, modes, symlinks and seconds. Nothing is written in between: whoever takes the bytes
 * sets the pace.
 */
export { ARCHIVE_FORMATS, archiveOf } from './archive/archive.ts';

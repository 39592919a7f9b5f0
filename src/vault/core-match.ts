/**
 * Whether an entry's core stands in a tree's text, found out piece by piece: for an unchanged file, which most are, no text
 * is made that would be thrown away at once. What counts as the same is what `nodeCore` would write, and nothing else.
 */
import { nameJson, utf8Raw } from './go-quote.ts';
import { nodeMode, nodeTypeOf } from './node.ts';
import { type CoreOptions, deviceText, type NodeStat, ownerText, recordsLinks, recordsSize } from './node-text.ts';
import { encodeTimeParts } from './time.ts';

const ZERO = 0x30;
const WORD = 2 ** 32;

/** Compares at a place that moves on with every match; to be used again and again. */
export class CoreMatcher {
  #text = '';
  #at = 0;
  #timeSeconds = Number.NaN;
  #timeNanos = 0;
  #time = '';

  /** True when `nodeCore(name, stat, options)` stands in `text` at `at`. */
  matches(text: string, at: number, entry: { name: string; stat: NodeStat; options: CoreOptions }): boolean {
    const { name, stat, options } = entry;
    this.#text = text;
    this.#at = at;
    return this.#head(name, stat) && this.#times(stat, options.withAtime) && this.#rest(stat, options);
  }

  #head(name: string, { mode }: NodeStat): boolean {
    const bits = nodeMode(mode);
    return (
      this.#skip('{"name":') &&
      this.#skip(utf8Raw(nameJson(name))) &&
      this.#skip(',"type":"') &&
      this.#skip(nodeTypeOf(mode)) &&
      this.#skip('",') &&
      (bits === 0 || this.#field('"mode":', bits))
    );
  }

  #times(stat: NodeStat, withAtime: boolean): boolean {
    return (
      this.#skip('"mtime":"') &&
      this.#instant(stat.mtimeSeconds, stat.mtimeNanos) &&
      this.#skip('","atime":"') &&
      (withAtime
        ? this.#instant(stat.atimeSeconds, stat.atimeNanos)
        : this.#instant(stat.mtimeSeconds, stat.mtimeNanos)) &&
      this.#skip('","ctime":"') &&
      this.#instant(stat.ctimeSeconds, stat.ctimeNanos)
    );
  }

  #rest(stat: NodeStat, options: CoreOptions): boolean {
    return (
      this.#field('","uid":', stat.uid) &&
      this.#field('"gid":', stat.gid) &&
      this.#skip(ownerText(options)) &&
      this.#inode(stat) &&
      this.#skip(deviceText(stat.device)) &&
      (!recordsSize(stat) || this.#field('"size":', stat.size)) &&
      (!recordsLinks(stat) || this.#field('"links":', stat.links))
    );
  }

  #inode(stat: NodeStat): boolean {
    const { inodeLow, inodeHigh } = stat;
    // Above 2^53 doubles do not hold it.
    if (inodeHigh >= 0x20_0000) return this.#skip('"inode":') && this.#skip(stat.inodeText) && this.#skip(',');
    const inode = inodeHigh * WORD + inodeLow;
    return inode === 0 || this.#field('"inode":', inode);
  }

  #skip(part: string): boolean {
    if (!this.#text.startsWith(part, this.#at)) return false;
    this.#at += part.length;
    return true;
  }

  /** Name and value of a number, and the comma behind it. */
  #field(name: string, value: number): boolean {
    return this.#skip(name) && this.#number(value) && this.#skip(',');
  }

  /** Exactly the digits of a whole number below 2^53; what follows them is looked at by whoever comes next. */
  #number(value: number): boolean {
    const text = this.#text;
    let at = this.#at;
    let read = text.charCodeAt(at++) - ZERO;
    if (!(read >= 0 && read <= 9)) return false;
    if (read === 0) {
      this.#at = at;
      return value === 0;
    }
    while (read < value) {
      const digit = text.charCodeAt(at++) - ZERO;
      if (!(digit >= 0 && digit <= 9)) return false;
      read = read * 10 + digit;
    }
    this.#at = at;
    return read === value;
  }

  /** Neighbouring times are often the same. */
  #instant(seconds: number, nanos: number): boolean {
    if (seconds !== this.#timeSeconds || nanos !== this.#timeNanos) {
      this.#time = encodeTimeParts(seconds, nanos);
      this.#timeSeconds = seconds;
      this.#timeNanos = nanos;
    }
    return this.#skip(this.#time);
  }
}

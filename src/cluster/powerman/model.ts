/**
 * PowerMan's configuration (powerman.conf(5)) and device specifications (powerman.dev(5)); both are one language.
 * Texts of devices, `send` and `expect` may hold passwords: they are for writing, never for printing.
 */
import type { Place, SyntaxProblem } from '../place.ts';

/** A file as it stands. `formatPowerman(parsePowerman(file, text))` is `text`, whatever it is. */
export interface PowermanFile {
  readonly file: string;
  /** Together the whole text. */
  readonly tokens: readonly Token[];
  readonly items: readonly PowermanItem[];
  readonly problems: readonly SyntaxProblem[];
}

export type TokenKind =
  | 'space'
  | 'comment'
  | 'word'
  | 'string'
  | 'number'
  | 'path'
  | 'open'
  | 'close'
  | 'equals'
  | 'dollar'
  | 'wrong';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the file, quotes included. */
  readonly text: string;
  /** Characters before it. */
  readonly start: number;
}

/** From `start` up to `end`, in characters of the text: without the spaces and comments around it. */
export interface Span {
  readonly place: Place;
  readonly start: number;
  readonly end: number;
}

export type PowermanItem = Span & PowermanEntry;

export type PowermanEntry =
  | { readonly kind: 'include'; readonly path: string }
  | { readonly kind: 'listen'; readonly address: string }
  | { readonly kind: 'tcpwrappers'; readonly isOn: boolean }
  | { readonly kind: 'plug_log_level'; readonly level: string }
  | DeviceEntry
  | NodeEntry
  | { readonly kind: 'alias'; readonly name: string; readonly hosts: string }
  | Specification;

export interface DeviceEntry {
  readonly kind: 'device';
  readonly name: string;
  /** Name of the specification. */
  readonly specification: string;
  /** `host:port`, a device file, or a command and `|&`. */
  readonly address: string;
  readonly flags: string | undefined;
}

export interface NodeEntry {
  readonly kind: 'node';
  /** A host list: `n[0-15]`. */
  readonly nodes: string;
  readonly device: string;
  /** A host list; without it the plugs of the specification in order, or as the nodes are called. */
  readonly plugs: string | undefined;
}

export interface Specification {
  readonly kind: 'specification';
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly pingPeriodMs: number | undefined;
  /** Undefined when any name will do. */
  readonly plugs: readonly string[] | undefined;
  readonly scripts: readonly Script[];
}

export interface Script {
  readonly name: string;
  readonly statements: readonly Statement[];
}

export type Statement =
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'expect'; readonly pattern: string }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | {
      readonly kind: 'setplugstate';
      /** A name, or the number of a match; undefined for the plug the script is about. */
      readonly plug: string | number | undefined;
      readonly state: number;
      readonly states: readonly { readonly state: 'on' | 'off'; readonly pattern: string }[];
    }
  | { readonly kind: 'setresult'; readonly plug: number; readonly result: number; readonly success: readonly string[] }
  | { readonly kind: BlockKind; readonly body: readonly Statement[] };

export type BlockKind = 'foreachplug' | 'foreachnode' | 'ifon' | 'ifoff';

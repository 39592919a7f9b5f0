/** What is told, to whom, and the port to one who is told. */

export type Severity = 'info' | 'warning' | 'critical';

/** `start` and `success` interest dead-man targets only. */
export type NoticeKind = 'start' | 'success' | 'failure' | 'recovery' | 'overdue' | 'anomaly' | 'summary' | 'test';

export interface Notice {
  kind: NoticeKind;
  severity: Severity;
  /** Undefined for what is about no plan, such as the summary. */
  plan: string | undefined;
  /** The vault that it is about when it is about no plan: it concerns the plans of that vault. */
  vault?: string | undefined;
  /** The cluster that it is about when it is about no plan. */
  cluster?: string | undefined;
  /** What messages about the same thing have in common; the title when absent. */
  story?: string | undefined;
  /** One line: what happened to what. */
  title: string;
  /** The rest: each a line, without secrets. */
  lines: readonly string[];
  /** Name of the machine that tells. */
  hostname: string;
  atMs: number;
  /** For programs: codes and numbers. */
  facts: Readonly<Record<string, string | number | boolean>>;
}

export interface Route {
  to: readonly string[];
  plans?: readonly string[] | undefined;
  severity: Severity;
}

/** Options of one target, with secrets read. */
export type TargetOptions = { name: string; timeLimitMs: number } & (
  | {
      kind: 'mail';
      to: readonly string[];
      /** `holdfast@HOST` when absent. */
      from: string | undefined;
      /** A mail server (RFC 5321), or else a program that takes a message as sendmail(8) does. */
      smtp:
        | {
            host: string;
            port: number;
            tls: 'starttls' | 'implicit' | 'none';
            caFile: string | undefined;
            user: string | undefined;
            password: string | undefined;
          }
        | undefined;
      sendmail: string;
    }
  | { kind: 'webhook'; url: string; headers: Readonly<Record<string, string>> }
  | { kind: 'ping'; url: string }
);

/** One who is told. */
export interface Target {
  readonly name: string;
  /** Whether it wants notices of this kind at all: pings want start, success and failure, the others what is news. */
  wants(kind: NoticeKind): boolean;
  /**
   * @throws {AppError} `notify-failed`, or `notify-refused` when trying again cannot help, naming the target and what went
   * wrong, without secrets; `config`; or the reason of the signal
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}

/** Secrets in texts that are shown or given away: options of mounts, arguments of programs, lines of logs. */

const NAME = String.raw`\w*(?:passw(?:or)?d|passphrase|secret|community|credentials?|api[_-]?key)\w*|\w*pass`;
/** In quotes up to the next one of them, else up to a blank or what may separate options. */
const VALUE = String.raw`"[^"\n]*"|'[^'\n]*'|[^\s"',;<>]+`;
/** `password=x`, `"passwd": "x y"` */
const ASSIGNED = new RegExp(String.raw`(\b(?:${NAME})["']?[ \t]*[=:][ \t]*)(${VALUE})`, 'gi');
/** `--password x` */
const OPTION = new RegExp(String.raw`(--?(?:${NAME})[ \t]+)(${VALUE})`, 'gi');

/** `text` with `mark` in the place of each value whose name says that it is secret. */
export function hideSecrets(text: string, mark = '[hidden]'): string {
  const hide = (_all: string, before: string, value: string): string => {
    const quote = /^["']/.exec(value)?.[0] ?? '';
    return `${before}${quote}${mark}${quote}`;
  };
  return text.replace(ASSIGNED, hide).replace(OPTION, hide);
}

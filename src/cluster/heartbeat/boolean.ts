const TRUE = ['true', 'on', 'yes', 'y', '1'];
const FALSE = ['false', 'off', 'no', 'n', '0'];

/** Yes and no as Heartbeat spells them, in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : undefined;
}

/** What runs the plans without our daemon, and when it will. */
export { crontab } from './crontab.ts';
export { realProgram } from './program.ts';
export { subjectsByKind } from './schedule.ts';
export { nextTurns } from './turns.ts';
export { isTemporary, usesSendmail } from './unit-needs.ts';
export { daemonUnit, timerUnits, type UnitFile, type UnitOptions } from './units.ts';
export { replaceFile } from './whole-file.ts';

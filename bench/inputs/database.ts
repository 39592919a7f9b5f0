/** A database file as an application leaves it: rows of text and numbers, and two indexes. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { numbersOf } from './noise.ts';
import { wordsOf } from './words.ts';

const ROWS_AT_A_TIME = 20_000;

/** Adds rows until the file has about `bytes`. */
export function writeDatabase(path: string, bytes: number, seed: string): void {
  const number = numbersOf(seed);
  const word = wordsOf(seed);
  using database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = off; pragma synchronous = off;
    create table job (id integer primary key, account text, name text, state text, begin integer, nodes integer, note text);
    create index job_account on job (account, begin); create index job_begin on job (begin);`);
  const insert = database.prepare('insert into job values (null, ?, ?, ?, ?, ?, ?)');
  while (statSync(path).size < bytes) {
    database.exec('begin');
    for (let row = 0; row < ROWS_AT_A_TIME; row++) {
      const note = Array.from({ length: 4 + number(8) }, word).join(' ');
      insert.run(word(), `${word()}-${number(10_000)}`, word(), 1_700_000_000 + number(80_000_000), number(512), note);
    }
    database.exec('commit');
  }
}

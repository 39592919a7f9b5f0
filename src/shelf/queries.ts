/** Queries that come with Holdfast, by name. */

export interface NamedQuery {
  /** What it tells, as a phrase. */
  about: string;
  /** Where the database is in the archive, where nothing else is said. */
  member: string;
  sql: string;
  /** Columns that hold seconds since 1970 and are shown as times. */
  times: readonly string[];
}

/**
 * Bitten, the build system of Trac, keeps one row per build in `bitten_build`: the revision, when it was committed, the
 * slave, and when the slave started. A slave whose last revision is 30 days older than the newest build is taken for retired.
 */
const BITTEN_BUILDS = `
  SELECT slave, max(id) AS id, rev, max(rev_time) AS "last revision", max(started) AS "last start"
  FROM bitten_build
  WHERE slave <> '' AND rev_time > (SELECT max(rev_time) FROM bitten_build) - 30 * 24 * 60 * 60
  GROUP BY slave
  ORDER BY max(started)`;

const TABLES = `
  SELECT m.name AS "table", group_concat(c.name, ', ') AS columns
  FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  GROUP BY m.name
  ORDER BY m.name`;

export const QUERIES: Readonly<Record<string, NamedQuery>> = {
  'bitten-builds': {
    about: 'the last build of each slave, from a Trac with Bitten',
    member: '*/trac.db',
    sql: BITTEN_BUILDS,
    times: ['last revision', 'last start'],
  },
  tables: { about: 'the tables and their columns', member: '*.db', sql: TABLES, times: [] },
};

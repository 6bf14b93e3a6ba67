/** A small schema for the tests of stores. */
import type { Migration } from '../../../src/infra/store/migrations/migration.ts';

/** The schema that the suite runs on. */
export const CONTRACT_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'things',
    statements: [
      'CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, blob BLOB)',
      'CREATE UNIQUE INDEX things_name ON things (name)',
      'CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)',
      "INSERT INTO counters (name, value) VALUES ('things', 0), ('events', 0), ('units', 0)",
      'CREATE TABLE tellings (id INTEGER PRIMARY KEY, thing INTEGER, told TEXT NOT NULL)',
    ],
  },
];

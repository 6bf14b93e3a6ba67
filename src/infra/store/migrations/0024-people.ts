/** The people who use the dashboard and the counter: how they sign in, their sessions, and what they did. */
import type { Migration } from './migration.ts';

export const people: Migration = {
  version: 24,
  name: 'people, sessions and actions',
  statements: [
    "INSERT INTO counters (name, value) VALUES ('users', 0), ('sessions', 0), ('actions', 0)",
    `CREATE TABLE users (
      user_id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      name_key TEXT NOT NULL,
      role TEXT NOT NULL,
      rune TEXT NOT NULL,
      password_hash TEXT,
      created_at BIGINT NOT NULL)`,
    'CREATE UNIQUE INDEX users_name ON users (name_key)',
    `CREATE TABLE passkeys (
      credential_id TEXT PRIMARY KEY,
      user_id BIGINT NOT NULL,
      public_key BLOB NOT NULL,
      sign_count BIGINT NOT NULL,
      transports TEXT NOT NULL,
      name TEXT NOT NULL,
      created_at BIGINT NOT NULL)`,
    'CREATE TABLE login_links (token_hash BLOB PRIMARY KEY, user_id BIGINT NOT NULL, expires_at BIGINT NOT NULL)',
    `CREATE TABLE sessions (
      session_id INTEGER PRIMARY KEY,
      token_hash BLOB NOT NULL,
      user_id BIGINT NOT NULL,
      way TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      last_seen_at BIGINT NOT NULL)`,
    `CREATE TABLE actions (
      action_id INTEGER PRIMARY KEY,
      happened_at BIGINT NOT NULL,
      session_id BIGINT NOT NULL,
      user_name TEXT NOT NULL,
      role TEXT NOT NULL,
      method TEXT NOT NULL,
      params TEXT NOT NULL,
      outcome TEXT NOT NULL,
      error TEXT)`,
  ],
};

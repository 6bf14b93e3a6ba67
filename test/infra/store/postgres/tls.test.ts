/** TLS to a server that has a certificate of an authority of our own. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadCertificates } from '../../../../src/api/server/certificates.ts';
import { PostgresHome } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../../../../src/infra/store/postgres/target.ts';
import { freePort } from '../../../support/bitcoind.ts';
import { handOver, PostgresServer, postgresMissing } from '../../../support/postgres.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';

describe('TLS to a server', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-tls-'));
  const file = (name: string): string => join(directory, name);
  let server: PostgresServer;

  before(async () => {
    await loadCertificates(directory, 'localhost');
    chmodSync(directory, 0o755);
    handOver(file('server.pem'));
    handOver(file('server-key.pem'));
    const files = [`ssl_cert_file=${file('server.pem')}`, `ssl_key_file=${file('server-key.pem')}`];
    server = await PostgresServer.start(
      ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'ssl=on', ...files],
      await freePort(),
    );
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  /** Whether the connection is encrypted. */
  async function open(host: string, options: string): Promise<unknown> {
    const dsn = `postgres://admin@${host}:${server.port}/postgres?${options}`;
    const home = await PostgresHome.open({ target: parseTarget(dsn), must_be_durable: false });
    const [row] = await home.read('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await home.close();
    return row?.ssl;
  }
  const authority = (): string => `sslrootcert=${encodeURIComponent(file('ca.pem'))}`;

  it('proves the server by the authority that the DSN names', async () => {
    assert.equal(await open('localhost', `sslmode=verify-full&${authority()}`), 1n);
    await assert.rejects(open('localhost', 'sslmode=verify-full'), /certificate/);
  });

  it('refuses a certificate of another name, unless only the authority is asked for', async () => {
    // The certificate names localhost alone.
    assert.equal(await open('127.0.0.1', `sslmode=verify-ca&${authority()}`), 1n);
    await assert.rejects(
      open('127.0.0.1', `sslmode=verify-full&${authority()}`),
      /does not match certificate's altnames/,
    );
  });

  it('encrypts without a proof where that is asked for, and not at all where that is', async () => {
    assert.equal(await open('localhost', 'sslmode=require'), 1n);
    assert.equal(await open('localhost', 'sslmode=prefer'), 1n);
    assert.equal(await open('localhost', 'sslmode=disable'), 0n);
    await assert.rejects(
      open('localhost', `sslmode=require&sslrootcert=${encodeURIComponent(file('client.pem'))}`),
      /certificate/,
    );
  });
});

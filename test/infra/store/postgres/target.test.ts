import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { StoreFailure } from '../../../../src/infra/store/failure.ts';
import { passwordFor, readPasswordFile } from '../../../../src/infra/store/postgres/password.ts';
import { parseTarget, type ServerAddress } from '../../../../src/infra/store/postgres/target.ts';
import { openLine, tlsOptions } from '../../../../src/infra/store/postgres/tls.ts';

const directory = mkdtempSync(join(tmpdir(), 'till-target-'));
after(() => rmSync(directory, { recursive: true }));

it('reads a DSN in both spellings of libpq', () => {
  const uri = parseTarget('postgres://shop:p%40ss%2Fword@db.example:6432/till?sslmode=verify-full');
  assert.deepEqual([uri.user, uri.password?.reveal(), uri.database], ['shop', 'p@ss/word', 'till']);
  assert.deepEqual(uri.addresses, [{ host: 'db.example', port: 6432 }]);
  const pairs = parseTarget(
    "postgres://host=db.example port=6432 dbname=till user=shop password='p@ss/word' sslmode=verify-full",
  );
  assert.deepEqual({ ...pairs, password: undefined }, { ...uri, password: undefined });
  assert.equal(pairs.password?.reveal(), 'p@ss/word');
  assert.equal(parseTarget("postgres://host=/run/pg user=a password='it\\'s'").password?.reveal(), "it's");
});

it('reads several hosts, addresses of IPv6, and the directory of a socket', () => {
  const hosts = (dsn: string) => parseTarget(dsn).addresses.map(({ host, port }) => `${host} ${port}`);
  assert.deepEqual(hosts('postgres://u@a.example:1,b.example/d'), ['a.example 1', 'b.example 5432']);
  assert.deepEqual(hosts('postgresql://u@[::1]:7/d'), ['::1 7']);
  assert.deepEqual(hosts('postgres:///d?host=/var/run/postgresql&user=u'), ['/var/run/postgresql 5432']);
  assert.deepEqual(hosts('postgres://host=a,b port=1,2 sslmode=disable'), ['a 1', 'b 2']);
  assert.deepEqual(hosts('postgres://u@/d'), ['localhost 5432']);
});

it('asks for a proven server everywhere but on this machine, unless the DSN says disable', () => {
  const mode = (dsn: string) => parseTarget(dsn).sslmode;
  assert.equal(mode('postgres://u@db.example/d'), 'verify-full');
  assert.equal(mode('postgres://u@localhost/d'), 'prefer');
  assert.equal(mode('postgres://u@127.0.0.9/d?sslmode=require'), 'require');
  for (const weak of ['prefer', 'require', 'verify-ca']) {
    assert.throws(
      () => parseTarget(`postgres://u@db.example/d?sslmode=${weak}`),
      /does not prove that db\.example is your server/,
    );
    assert.throws(() => parseTarget(`postgres://u@localhost,db.example/d?sslmode=${weak}`), /does not prove/);
  }
  const open = parseTarget('postgres://u@db.example/d?sslmode=disable');
  assert.equal(tlsOptions(open), false);
  assert.match(openLine(open) ?? '', /not encrypted/);
  assert.equal(openLine(parseTarget('postgres://u@localhost/d?sslmode=disable')), undefined);
  const full = tlsOptions(parseTarget('postgres://u@db.example/d'));
  assert.deepEqual(full, { rejectUnauthorized: true });
  assert.equal(
    (tlsOptions(parseTarget('postgres://u@localhost/d')) as { rejectUnauthorized: boolean }).rejectUnauthorized,
    false,
  );
});

it('says what is wrong with a DSN, and never shows it', () => {
  const wrong: [string, RegExp][] = [
    ['postgres://u:geheim@h:70000/d', /a port is a number/],
    ['postgres://u:geheim@h/d?sslmode=maybe', /sslmode is one of/],
    ['postgres://u:geheim@h/d?statement_timeout=1', /no parameter statement_timeout/],
    ['postgres://u:ge%heim@h/d', /two hex digits/],
    ['postgres://u:geheim@a:1:2/d', /a host is HOST:PORT/],
    ['postgres://host=a password=geheim oops', /behind the parameter password/],
    ['postgres://host=a,b port=1,2,3 password=geheim', /as many ports as hosts/],
    ['postgres://u:geheim@h/d?target_session_attrs=standby', /Till writes/],
  ];
  for (const [dsn, why] of wrong) {
    assert.throws(
      () => parseTarget(dsn),
      (error: unknown) => error instanceof StoreFailure && why.test(error.message) && !/ge%?heim/.test(error.message),
      dsn,
    );
  }
  const target = parseTarget('postgres://u:geheim@h/d');
  assert.doesNotMatch(`${JSON.stringify(target)} ${target.name}`, /geheim/);
});

it('finds the password in the DSN, the environment, or a file that nobody else may read', () => {
  const target = parseTarget('postgres://u@h.example:6000/d');
  const [address] = target.addresses as readonly [ServerAddress];
  assert.equal(passwordFor(target, address, { PGPASSFILE: join(directory, 'none') }), undefined);
  assert.equal(passwordFor(target, address, { PGPASSWORD: 'one' })?.reveal(), 'one');
  assert.equal(passwordFor(parseTarget('postgres://u:two@h/d'), address, { PGPASSWORD: 'one' })?.reveal(), 'two');
  const file = join(directory, 'pgpass');
  writeFileSync(file, '# of the shop\nother:*:*:*:no\nh.example:6000:d:u:a\\:b\\\\c\n*:*:*:*:last\n', { mode: 0o600 });
  assert.equal(passwordFor(target, address, { PGPASSFILE: file })?.reveal(), 'a:b\\c');
  assert.equal(passwordFor(target, { host: 'x', port: 1 }, { PGPASSFILE: file })?.reveal(), 'last');
  chmodSync(file, 0o644);
  assert.equal(passwordFor(target, address, { PGPASSFILE: file }), undefined);
  const own = join(directory, 'password');
  writeFileSync(own, 'from a file\nnot this\n');
  assert.equal(readPasswordFile(own).reveal(), 'from a file');
  assert.throws(() => readPasswordFile(join(directory, 'none')), /wallet-password-file/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTogether, loadConfig } from '../../../src/app/config/config.ts';
import { identityOf } from '../../../src/app/daemon/identity.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';

const NODE = `02${'ab'.repeat(32)}` as NodeId;

function addressesOf(...options: readonly string[]): readonly string[] {
  const { addresses } = identityOf(loadConfig(['--lightning-dir=/nowhere', ...options]), NODE);
  return addresses.map(({ type, address, port }) => `${type} ${address} ${port}`);
}

test('what the internet can reach is announced of addr, all of announce-addr, and nothing of bind-addr', () => {
  assert.deepEqual(
    addressesOf('--addr=127.0.0.1:9735', '--addr=192.168.1.2', '--addr=10.0.0.1', '--addr=[fe80::1]:1'),
    [],
  );
  assert.deepEqual(addressesOf('--addr=198.51.100.7:9000', '--addr=[2600::1]:9001', '--bind-addr=198.51.100.8'), [
    'ipv4 198.51.100.7 9000',
    'ipv6 2600::1 9001',
  ]);
  const onion = `${'a'.repeat(56)}.onion`;
  assert.deepEqual(addressesOf(`--announce-addr=${onion}`, '--announce-addr=dns:shop.example:9002'), [
    `torv3 ${onion} 19846`,
    'dns shop.example 9002',
  ]);
  assert.deepEqual(addressesOf('--developer', '--addr=127.0.0.1:9735'), ['ipv4 127.0.0.1 9735']);
});

test('a name that only this machine or its network knows is not announced', () => {
  assert.deepEqual(addressesOf('--addr=localhost:9735', '--announce-addr=dns:shop.example:9002'), [
    'dns shop.example 9002',
  ]);
});

test('an address that is none, and a second name, are refused at the start', () => {
  const check =
    (...options: readonly string[]) =>
    () =>
      checkTogether(loadConfig(['--lightning-dir=/nowhere', ...options]));
  assert.throws(check('--announce-addr=abc.onion'), /announce-addr is .*not 'abc.onion'/);
  assert.throws(check('--announce-addr=:'), /announce-addr is HOST:PORT, an onion service or dns:NAME:PORT, not ':'/);
  for (const [one, other] of [
    ['announce-addr=dns:a.example', 'announce-addr=dns:b.example'],
    ['announce-addr=dns:a.example', 'announce-addr=b.example'],
    ['addr=a.example', 'announce-addr=dns:b.example'],
  ]) {
    assert.throws(
      check(`--${one}`, `--${other}`),
      /at most one name \(dns:\) can be announced, not .*a\.example and .*b\./,
    );
  }
});

test('name and color are the operator’s, or follow from the node id', () => {
  const named = identityOf(loadConfig(['--lightning-dir=/nowhere', '--alias=shop', '--rgb=0A0B0C']), NODE);
  assert.deepEqual([named.alias, named.color], ['shop', '0a0b0c']);
  const unnamed = identityOf(loadConfig(['--lightning-dir=/nowhere']), NODE);
  assert.deepEqual([unnamed.alias, unnamed.color], ['till-abababab', '02abab']);
});

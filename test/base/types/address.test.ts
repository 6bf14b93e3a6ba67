/** Addresses, against the examples of BIP 173, BIP 350 and BOLT 11, and against a library that is not ours. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bech32, bech32m } from '@scure/base';
import { NETWORK, Address as OtherAddress, OutScript, TEST_NETWORK } from '@scure/btc-signer';
import fc from 'fast-check';
import { type AddressKind, formatAddress, parseAddress, readScript } from '../../../src/base/types/address.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { NETWORKS, type NetworkName } from '../../../src/base/types/network.ts';
import { addressScript } from '../../codec/bolt11/arbitrary.ts';

const KNOWN: readonly (readonly [address: string, kind: AddressKind, script_pubkey: string, network: NetworkName])[] = [
  ['1RustyRX2oai4EYYDpQGWvEL62BBGqN9T', 'P2PKH', '76a91404b61f7dc1ea0dc99424464cc4064dc564d91e8988ac', 'bitcoin'],
  ['mk2QpYatsKicvFVuTAQLBryyccRXMUaGHP', 'P2PKH', '76a9143172b5654f6683c8fb146959d347ce303cae4ca788ac', 'testnet'],
  ['3EktnHQD7RiAE6uzMj2ZifT9YgRrkSgzQX', 'P2SH', 'a9148f55563b9a19f321c211e9b9f38cdf686ea0784587', 'bitcoin'],
  ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'P2WPKH', '0014751e76e8199196d454941c45d1b3a323f1433bd6', 'bitcoin'],
  ['tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'P2WPKH', '0014751e76e8199196d454941c45d1b3a323f1433bd6', 'signet'],
  ['bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'P2WPKH', '0014751e76e8199196d454941c45d1b3a323f1433bd6', 'regtest'],
  [
    'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3',
    'P2WSH',
    '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    'bitcoin',
  ],
  [
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    'P2TR',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    'bitcoin',
  ],
  [
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    'witness',
    '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
    'bitcoin',
  ],
  ['bc1sw50qgdz25j', 'witness', '6002751e', 'bitcoin'],
  ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'witness', '5210751e76e8199196d454941c45d1b3a323', 'bitcoin'],
];

suite('an address', () => {
  for (const [address, kind, script_pubkey, network] of KNOWN) {
    test(`is parsed and formatted: ${address}`, () => {
      const parsed = parseAddress(address);
      assert.deepEqual([parsed?.kind, parsed?.script_pubkey], [kind, script_pubkey]);
      assert.ok(parsed);
      assert.ok(parsed.networks.includes(network));
      assert.equal(parsed.networks.includes('bitcoin'), network === 'bitcoin');
      assert.equal(formatAddress(script_pubkey, NETWORKS[network]), address);
    });
  }

  test('in upper case is the same segwit address, and no base58 address', () => {
    assert.equal(parseAddress('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4')?.kind, 'P2WPKH');
    assert.equal(parseAddress('1RustyRX2oai4EYYDpQGWvEL62BBGqN9T'.toUpperCase()), undefined);
  });

  test('of any kind comes back from its text on every network', () => {
    fc.assert(
      fc.property(addressScript, fc.constantFrom(...Object.values(NETWORKS)), (script_pubkey, network) => {
        const parsed = parseAddress(formatAddress(script_pubkey, network) ?? '');
        assert.equal(parsed?.script_pubkey, script_pubkey);
        assert.equal(parsed.kind, readScript(script_pubkey)?.kind);
        assert.ok(parsed.networks.includes(network.name));
      }),
    );
  });

  test('is the same to another library', () => {
    for (const [address, kind, script_pubkey, network] of KNOWN) {
      if (kind === 'witness' || network === 'regtest') continue;
      const other = OtherAddress(network === 'bitcoin' ? NETWORK : TEST_NETWORK);
      assert.deepEqual(OutScript.encode(other.decode(address)), fromHex(script_pubkey));
    }
  });
});

/** 32 bytes in 5-bit words. */
const PROGRAM = bech32.toWords(new Uint8Array(32).fill(7));

suite('no address', () => {
  test('the program of these cases has an address when nothing is wrong with it', () => {
    assert.equal(parseAddress(bech32.encode('bc', [0, ...PROGRAM]))?.kind, 'P2WSH');
    assert.equal(parseAddress(bech32m.encode('bc', [1, ...PROGRAM]))?.kind, 'P2TR');
    assert.equal(parseAddress(bech32m.encode('bc', [16, ...PROGRAM]))?.kind, 'witness');
  });

  const cases: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['words', 'not an address'],
    ['a changed character', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5'],
    ['mixed case', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8F3t4'],
    ['a changed character in base58', '1RustyRX2oai4EYYDpQGWvEL62BBGqN9U'],
    ['version 0 in bech32m', bech32m.encode('bc', [0, ...PROGRAM])],
    ['version 1 in bech32', bech32.encode('bc', [1, ...PROGRAM])],
    ['version 17', bech32m.encode('bc', [17, ...PROGRAM])],
    ['a program of one byte', bech32m.encode('bc', [1, ...bech32m.toWords(Uint8Array.of(1))])],
    ['version 0 of 16 bytes', bech32.encode('bc', [0, ...bech32.toWords(new Uint8Array(16))])],
    ['another chain', bech32.encode('tc', [0, ...PROGRAM])],
    ['an invoice', 'lnbc1pvjluez'],
    ['a private key', '5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KF'],
    ['91 characters', `bc1p${'q'.repeat(87)}`],
  ];
  for (const [what, text] of cases) {
    test(what, () => assert.equal(parseAddress(text), undefined));
  }

  test('a script that nobody can be paid to has none', () => {
    for (const script of ['', '6a00', '0014', '0015'.padEnd(46, '0'), '5101aa', '76a914', 'zz']) {
      assert.equal(formatAddress(script, NETWORKS.bitcoin), undefined);
    }
  });
});

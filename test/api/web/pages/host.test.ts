import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { originAsked } from '../../../../src/api/web/pages/host.ts';

/** The origin that a request for the host gets, when the connection came to this address. */
function asked(host: string, localAddress: string): string | undefined {
  const request = { headers: { host }, socket: { localAddress, localPort: 8080 } };
  return originAsked(request as unknown as IncomingMessage, { is_tls: false, public_url: undefined });
}

test('an address is ours when the connection came to it, however it is written', () => {
  assert.equal(asked('192.0.2.7:8080', '::ffff:192.0.2.7'), 'http://192.0.2.7:8080');
  assert.equal(asked('[2001:db8:0::7]:8080', '2001:db8::7'), 'http://[2001:db8:0::7]:8080');
  assert.equal(asked('[2001:db8::8]:8080', '2001:db8::7'), undefined);
  assert.equal(asked('192.0.2.8:8080', '192.0.2.7'), undefined);
});

test('an address on the link that came with a zone is compared without it', () => {
  assert.equal(asked('[fe80::1]:8080', 'fe80::1%eth0'), 'http://[fe80::1]:8080');
  assert.equal(asked('[fe80::2]:8080', 'fe80::1%eth0'), undefined);
});

/** The pages over TLS, where browsers speak HTTP/2: the page, its events, a form. */
import assert from 'node:assert/strict';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { after, before, test } from 'node:test';
import { Storefront } from '../../../support/storefront.ts';

let store: Storefront;
let session: ClientHttp2Session;
before(async () => {
  store = await Storefront.open('--shop-protocol=https');
  session = connect(store.shop_url, { rejectUnauthorized: false });
});
after(async () => {
  session.close();
  await store.close();
});

function ask(headers: OutgoingHttpHeaders, body = ''): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: body === '' });
  if (body !== '') stream.end(body);
  stream.setEncoding('utf8');
  return stream;
}

/** The status, and what comes until these words are in it, or until the end. */
async function answerOf(stream: ClientHttp2Stream, words = ''): Promise<{ status: number; text: string }> {
  const status = new Promise<number>((resolve) => {
    stream.once('response', (headers) => resolve(headers[':status'] as number));
  });
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (words !== '' && text.includes(words)) break;
  }
  return { status: await status, text };
}

test('the page and its events come over HTTP/2, and links say https', async () => {
  const made = await store.invoice();
  assert.match(made.checkout_url, /^https:\/\/127\.0\.0\.1:\d+\/i\//);
  const path = new URL(made.checkout_url).pathname;
  const page = await answerOf(ask({ ':path': path }));
  assert.equal(page.status, 200);
  assert.match(page.text, /Waiting for your payment/);
  const live = /data-live="([^"]+)"/.exec(page.text)?.[1] as string;
  const events = answerOf(ask({ ':path': live }), 'Thank you!');
  await store.markPaid(made);
  assert.match((await events).text, /event: state\ndata: /);
});

test('it answers to its own name alone, and takes forms from its own pages', async () => {
  const made = await store.invoice({ checkout_renewal: true });
  const { pathname, origin } = new URL(made.checkout_url);
  const other = await answerOf(ask({ ':path': pathname, ':authority': 'evil.example' }));
  assert.equal(other.status, 421);
  const form = {
    ':method': 'POST',
    ':path': `${pathname}/renew`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  assert.equal((await answerOf(ask({ ...form, origin: 'https://evil.example' }, 'a=1'))).status, 403);
  assert.equal((await answerOf(ask({ ...form, origin }, 'a=1'))).status, 303);
});

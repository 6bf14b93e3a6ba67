/** A small Esplora in front of an embedded chain: what `src/infra/chain/esplora.ts` asks of a real one. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Txid } from '../../src/base/types/brand.ts';
import type { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { readTransaction } from '../../src/infra/chain/embedded/transaction.ts';
import { txidOf, walkBlock } from '../../src/infra/chain/raw-block.ts';

/** Serves the chain on a free port; answers the URL and how to stop. */
export async function serveEsplora(chain: EmbeddedChain): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await route(chain, request.url ?? '', Buffer.concat(chunks).toString());
    response.writeHead(answer === undefined ? 404 : answer.status);
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function hashOf(script_pubkey: Buffer): string {
  return createHash('sha256').update(script_pubkey).digest('hex');
}

type Answer = { status: number; body: string | Buffer };
const ok = (body: string | Buffer): Answer => ({ status: 200, body });

async function route(chain: EmbeddedChain, path: string, posted: string): Promise<Answer | undefined> {
  const tip = await chain.tip();
  const [, first, second, third, fourth] = path.split('/');
  if (path === '/blocks/tip/hash') return ok(tip.hash);
  if (path === '/fee-estimates') return ok(JSON.stringify({ 1: 5, 6: 3, 144: 1 }));
  if (path === '/txs/package') {
    const transactions = (JSON.parse(posted) as string[]).map((text) => Buffer.from(text, 'hex'));
    const { txid } = readTransaction(transactions.at(-1) as Buffer);
    const result = await chain.broadcast(transactions);
    if (result.kind !== 'rejected') return ok(JSON.stringify({ package_msg: 'success', 'tx-results': {} }));
    if (result.reason.startsWith('package')) {
      return { status: 400, body: `submitpackage RPC error: ${JSON.stringify({ code: -25, message: result.reason })}` };
    }
    const verdict = { txid, error: result.reason };
    return ok(JSON.stringify({ package_msg: 'transaction failed', 'tx-results': { [txid]: verdict } }));
  }
  if (path === '/tx') {
    const result = await chain.broadcast([Buffer.from(posted, 'hex')]);
    if (result.kind === 'accepted') return ok(readTransaction(Buffer.from(posted, 'hex')).txid);
    const message = result.kind === 'known' ? 'Transaction already in block chain' : result.reason;
    return { status: 400, body: `sendrawtransaction RPC error: ${JSON.stringify({ code: -26, message })}` };
  }
  if (first === 'block-height') {
    const hash = await chain.blockHash(Number(second));
    return hash === undefined ? undefined : ok(hash);
  }
  if (first === 'block' && third === 'txid') {
    const block = await chain.block(second as string);
    const txids: string[] = [];
    walkBlock(block, {}, (_index, span) => void txids.push(txidOf(block, span)));
    const txid = txids[Number(fourth)];
    return txid === undefined ? undefined : ok(txid);
  }
  if (first === 'block' && third === 'raw') return ok(await chain.block(second as string));
  if (first === 'block') {
    for (let height = 0; height <= tip.height; height++) {
      if ((await chain.blockHash(height)) === second)
        return ok(
          JSON.stringify({ id: second, height, timestamp: (await chain.block(second as string)).readUInt32LE(68) }),
        );
    }
    return undefined;
  }
  if (first === 'scripthash') {
    const outputs = chain.pending.flatMap((bytes) => readTransaction(bytes).outputs);
    const paid = outputs.filter(({ script_pubkey }) => hashOf(script_pubkey) === second);
    const funded_txo_sum = paid.reduce((total, { amount_sat }) => total + Number(amount_sat), 0);
    return ok(JSON.stringify({ scripthash: second, chain_stats: {}, mempool_stats: { funded_txo_sum } }));
  }
  if (first === 'tx' && third === 'hex') {
    const pending = await chain.mempoolTransaction(second as Txid);
    return pending === undefined ? undefined : ok(Buffer.from(pending).toString('hex'));
  }
  if (first === 'tx' && third === 'outspend') {
    const coin = await chain.unspent({ txid: second as Txid, vout: Number(fourth) });
    return ok(JSON.stringify(coin === undefined ? { spent: true, status: { confirmed: true } } : { spent: false }));
  }
  if (first === 'tx') return await transaction(chain, second as string, tip.height);
  return undefined;
}

async function transaction(chain: EmbeddedChain, txid: string, tip_height: number): Promise<Answer | undefined> {
  for (let height = 0; height <= tip_height; height++) {
    const block = await chain.block((await chain.blockHash(height)) as string);
    let found: Answer | undefined;
    walkBlock(block, {}, (_index, span) => {
      const parsed = readTransaction(block.subarray(span.start, span.end));
      if (parsed.txid !== txid) return;
      const vout = parsed.outputs.map(({ amount_sat, script_pubkey }) => ({
        scriptpubkey: script_pubkey.toString('hex'),
        value: Number(amount_sat),
      }));
      found = ok(JSON.stringify({ txid, vout, status: { confirmed: true, block_height: height } }));
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

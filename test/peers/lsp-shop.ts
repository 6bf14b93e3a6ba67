/** What the tests against providers of others begin with: coins for everybody, and a shop that has nothing but a provider. */
import type { BitcoindProcess } from '../support/bitcoind.ts';
import { coinbaseOf, payFrom } from '../support/coins.ts';
import { Trader } from '../support/market.ts';
import { until } from './daemons/daemon-process.ts';

const EACH_SAT = 100_000_000n;

/** Gives away what the first blocks brought, one bitcoin at a time. */
export class Purse {
  readonly #bitcoind: BitcoindProcess;
  #next_coin = 1;

  /** The first blocks must have paid the test's own script, and be old enough. */
  constructor(bitcoind: BitcoindProcess) {
    this.#bitcoind = bitcoind;
  }

  /** Sends one coin; a block must follow. */
  async giveTo(address: string): Promise<void> {
    const { scriptPubKey } = await this.#bitcoind.call<{ scriptPubKey: string }>('validateaddress', address);
    const hash = await this.#bitcoind.call<string>('getblockhash', this.#next_coin++);
    const coin = coinbaseOf(Buffer.from(await this.#bitcoind.call<string>('getblock', hash, 0), 'hex'));
    await this.#bitcoind.call('sendrawtransaction', payFrom(coin, EACH_SAT, scriptPubKey).bytes.toString('hex'));
  }
}

/** A new Till that has neither a channel nor a coin, connected to its provider. */
export async function openShop(
  { rpcport, user, password }: BitcoindProcess,
  provider: { readonly id: string; readonly address: string },
  ...options: readonly string[]
): Promise<Trader> {
  const isLimited = options.some((each) => each.startsWith('--undefended-msat'));
  const opened = new Trader('shop', [
    '--network=regtest',
    '--chain=bitcoind',
    '--bitcoin-rpcconnect=127.0.0.1',
    `--bitcoin-rpcport=${rpcport}`,
    `--bitcoin-rpcuser=${user}`,
    `--bitcoin-rpcpassword=${password}`,
    `--lsp=${provider.id}@${provider.address}`,
    '--lsp-max-fee=5000sat',
    '--lsp-max-fee-ppm=20000',
    ...(isLimited ? [] : ['--undefended-msat=1000000000000']),
    ...options,
  ]);
  await opened.start();
  await until('the shop has its provider', async () => ((await opened.ask('getinfo')).num_peers as number) === 1);
  return opened;
}

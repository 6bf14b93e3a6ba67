import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as btc from '@scure/btc-signer';
import { feerates } from '../../../src/api/commands/feerates.ts';
import { listfunds } from '../../../src/api/commands/listfunds.ts';
import type { Modules } from '../../../src/api/commands/modules.ts';
import { newaddr } from '../../../src/api/commands/newaddr.ts';
import type { ChannelFunds, SweptFunds } from '../../../src/api/commands/wallet-modules.ts';
import { withdraw } from '../../../src/api/commands/withdraw.ts';
import type { Command } from '../../../src/api/rpc/command.ts';
import { Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { RequestReader } from '../../../src/api/rpc/request-stream.ts';
import { formatAddress, parseAddress } from '../../../src/base/types/address.ts';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { serializeTransaction } from '../../../src/codec/tx/transaction.ts';
import type { ReserveState } from '../../../src/node/reserve/reserve.ts';
import { PAYEE, World } from '../../node/wallet/world.ts';

const CHANNEL: ChannelFunds = {
  peer_id: `02${'ab'.repeat(32)}`,
  our_amount_msat: 1_000n,
  amount_msat: 5_000_000n,
  funding_txid: 'cd'.repeat(32),
  funding_output: 1,
  connected: true,
  state: 'CHANNELD_NORMAL',
  channel_id: 'ef'.repeat(32),
  short_channel_id: '103x1x1',
};
/** Only its terms were left. */
const RECOVERED: ChannelFunds = { ...CHANNEL, our_amount_msat: undefined };
const SWEEP: SweptFunds = {
  channel_id: 'ab'.repeat(32),
  peer_id: CHANNEL.peer_id,
  txid: 'cd'.repeat(32),
  output: 2,
  amount_msat: 7_000_000n,
  output_type: 'DELAYED_OUTPUT_TO_US',
  claimable_height: 250,
};
/** The payee's address on regtest, and the same script's on mainnet. */
const ADDRESS = formatAddress(toHex(PAYEE), NETWORKS.regtest);
const MAINNET_ADDRESS = formatAddress(toHex(PAYEE), NETWORKS.bitcoin);

const RESERVE: ReserveState = {
  wanted_sat: sat(30_000),
  held_sat: sat(20_000),
  wanted_coins: 2,
  coins: 1,
  stress_per_kw: 2500,
  allowance_msat: msat(100_000_000),
  warning: 'deposit 10000 sat',
};

interface Reply {
  readonly result: Record<string, unknown>;
  readonly error: { readonly code: number; readonly message: string };
}

/** Asks as a client does; the dispatcher holds the commands to what they declare. */
function openAsker(world: World): (method: string, params?: unknown) => Promise<Reply> {
  const commands: readonly Command<Modules>[] = [newaddr, withdraw, listfunds, feerates];
  // The commands of the wallet use no other module.
  const modules = {
    wallet: world.wallet,
    reserve: { state: () => RESERVE, warningFor: () => undefined },
    chain: world.source,
    channelFunds: () => [CHANNEL, RECOVERED],
    closingFunds: () => [],
    sweptFunds: () => [SWEEP],
    deposits: {
      ofInvoices: async () => [],
      ofCoins: async () => [],
      unpaid: async () => [],
      decide: async () => undefined,
    },
  } as Partial<Modules> as Modules;
  const unexpected: unknown[] = [];
  const dispatcher = new Dispatcher(commands, modules, {
    strict: true,
    onUnexpected: (error) => unexpected.push(error),
  });
  return async (method, params = {}) => {
    let reply: ReturnType<typeof dispatcher.dispatch> | undefined;
    new RequestReader().push(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })), (request) => {
      reply = dispatcher.dispatch(request, {
        transport: 'unix',
        connection: { notifications: false, deprecations: true, batching: false },
        signalFor: () => new AbortController().signal,
        send: () => assert.fail('no notice is expected'),
        afterReply: () => assert.fail('nothing comes after'),
      });
    });
    const text = await reply;
    assert.deepEqual(unexpected, []);
    assert.ok(typeof text === 'string');
    return JSON.parse(text) as Reply;
  };
}

test('newaddr gives what was asked for, and taproot when nothing was', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  assert.deepEqual(Object.keys((await ask('newaddr')).result), ['p2tr']);
  assert.deepEqual(Object.keys((await ask('newaddr', ['bech32'])).result), ['bech32']);
  const { result } = await ask('newaddr', { addresstype: 'all' });
  assert.equal(parseAddress(result.bech32 as string)?.kind, 'P2WPKH');
  assert.equal(parseAddress(result.p2tr as string)?.kind, 'P2TR');
  const { error } = await ask('newaddr', ['p2sh']);
  assert.equal(error.code, -32602);
  assert.equal(error.message, "'addresstype' should be 'p2tr', 'bech32', or 'all', not 'p2sh'");
});

test('withdraw answers the transaction that it sent, and a PSBT of it', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  await world.deposit(1_000_000n);
  const { result } = await ask('withdraw', [ADDRESS, '300000sat', '1000perkw']);
  assert.ok(world.isPending(result.txid as string));
  const own = world.wallet.find(result.txid as Txid);
  assert.ok(own);
  assert.equal(result.tx, toHex(serializeTransaction(own.transaction)));
  const psbt = btc.Transaction.fromPSBT(Buffer.from(result.psbt as string, 'base64'));
  assert.equal(psbt.id, result.txid);
  assert.equal(psbt.getInput(0).witnessUtxo?.amount, 1_000_000n);
  assert.deepEqual(psbt.getOutput(0).script, PAYEE);
});

test('withdraw says by number why it cannot', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  await world.deposit(100_000n);
  const codeOf = async (...params: unknown[]): Promise<number> => (await ask('withdraw', params)).error.code;
  assert.equal(await codeOf(ADDRESS, 200_000, '1000perkw'), 301);
  assert.equal(await codeOf(ADDRESS, 100, '1000perkw'), 302);
  world.has_anchor_channel = true;
  assert.equal(await codeOf(ADDRESS, 90_000, '1000perkw'), 313);
  world.has_anchor_channel = false;
  const { view } = world.source;
  world.source.view = () => ({ kind: 'following' });
  const syncing = (await ask('withdraw', [ADDRESS, 200_000, '1000perkw'])).error;
  assert.equal(syncing.code, 304, 'the coins may be in blocks that are not read yet');
  assert.match(syncing.message, /^Cannot afford: still syncing with bitcoin network/);
  world.source.view = view;
  assert.equal(await codeOf('nonsense', 1000), -1);
  assert.match((await ask('withdraw', [MAINNET_ADDRESS, 1000])).error.message, /not on network regtest/);
  const unknown = await ask('withdraw', [ADDRESS, 1000, '1000perkw', 1, [`${'ab'.repeat(32)}:0`]]);
  assert.equal(unknown.error.code, -32602);
  assert.match(unknown.error.message, /^Unknown UTXO/);
  world.source.feeratePerKw = () => undefined;
  assert.equal(await codeOf(ADDRESS, 1000), 501);
  world.source.broadcast = async () => ({ kind: 'rejected', reason: 'min relay fee not met' });
  assert.equal(await codeOf(ADDRESS, 1000, '1000perkw'), 303);
  assert.deepEqual(await world.sums(), [100_000n, 0n, 0n]);
});

test('what is kept for closing channels is spent when that is forced, and not before', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  await world.deposit(100_000n);
  world.has_anchor_channel = true;
  const destination = ADDRESS;
  const kept = await ask('withdraw', { destination, satoshi: 'all', feerate: '1000perkw' });
  const left_sat = (await world.sums())[1];
  assert.equal(kept.error, undefined);
  assert.equal(left_sat, 25_000n);
  await world.mine();
  assert.equal((await ask('withdraw', { destination, satoshi: 'all' })).error.code, 313);
  assert.equal((await ask('withdraw', { destination, satoshi: 'all', force: true })).error, undefined);
  assert.deepEqual(await world.sums(), [0n, 0n, 0n]);
});

test('listfunds shows outputs as they stand, and channels', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  await world.deposit(100_000n, 50_000n);
  world.chain.mine(1, (await world.wallet.newAddress('bech32')).script_pubkey);
  await world.follow();
  const { txid } = await world.wallet.withdraw(PAYEE, sat(30_000), { feerate_per_kw: 1000 });
  const { outputs, channels, sweeps, reserve, warning_reserve } = (await ask('listfunds')).result as {
    outputs: Record<string, unknown>[];
    channels: unknown[];
    sweeps: unknown[];
    reserve: unknown;
    warning_reserve: unknown;
  };
  assert.deepEqual(reserve, {
    wanted_msat: 30_000_000,
    held_msat: 20_000_000,
    coins_wanted: 2,
    coins_held: 1,
    feerate_perkw: 2500,
    undefended_msat: 100_000_000,
  });
  assert.equal(warning_reserve, 'deposit 10000 sat');
  const seen = outputs.map(({ status, reserved, amount_msat }) => [status, reserved, amount_msat]);
  const change_msat = outputs.find((output) => output.txid === txid)?.amount_msat;
  assert.deepEqual(seen.toSorted(), [
    ['confirmed', false, 50_000_000],
    ['confirmed', true, 100_000_000],
    ['immature', false, 5_000_000_000_000],
    ['unconfirmed', false, change_msat],
  ]);
  for (const output of outputs) {
    assert.equal(parseAddress(output.address as string)?.script_pubkey, output.scriptpubkey);
    assert.equal('blockheight' in output, output.status !== 'unconfirmed');
  }
  const held = { ...CHANNEL, our_amount_msat: 1_000, amount_msat: 5_000_000 };
  assert.deepEqual(channels, [held, { ...held, our_amount_msat: 0, amount_unknown: true }]);
  assert.deepEqual(sweeps, [{ ...SWEEP, amount_msat: 7_000_000 }]);
  await world.mine();
  const listed = async (spent: boolean): Promise<number> =>
    ((await ask('listfunds', { spent })).result.outputs as unknown[]).length;
  assert.equal(await listed(false), 3);
  assert.equal(await listed(true), 4);
});

test('feerates tells the estimates in either unit', async () => {
  const world = await World.open();
  const ask = openAsker(world);
  const estimates: Record<number, number> = { 2: 4000, 6: 3000, 12: 2000, 100: 1000 };
  world.source.feeratePerKw = (target) => estimates[target];
  const { perkw, onchain_fee_estimates } = (await ask('feerates', ['perkw'])).result;
  assert.deepEqual(perkw, {
    opening: 2000,
    mutual_close: 1000,
    unilateral_close: 3000,
    unilateral_anchor_close: 1250,
    penalty: 2000,
    min_acceptable: 253,
    max_acceptable: 0xffff_ffff,
    floor: 253,
    estimates: [2, 6, 12, 100].map((blockcount) => ({
      blockcount,
      feerate: estimates[blockcount],
      smoothed_feerate: estimates[blockcount],
    })),
  });
  assert.equal((onchain_fee_estimates as Record<string, number>).opening_channel_satoshis, 1404);
  const { perkb } = (await ask('feerates', ['perkb'])).result;
  assert.equal((perkb as Record<string, number>).opening, 8000);
  world.source.feeratePerKw = () => undefined;
  const unknown = (await ask('feerates', ['perkw'])).result;
  assert.match(unknown.warning_missing_feerates as string, /unavailable/);
  assert.equal(unknown.onchain_fee_estimates, undefined);
  assert.match((await ask('feerates', ['sat'])).error.message, /'style' should be 'perkw' or 'perkb', not 'sat'/);
});

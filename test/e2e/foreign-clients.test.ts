/**
 * Clients made for Core Lightning, as they are. They are not of this repository: name them with TILL_LIGHTNING_CLI (the
 * program lightning-cli) and TILL_PYLN_PATH (a directory for PYTHONPATH that has pyln.client; TILL_PYTHON names the
 * interpreter), and these tests run.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Ended, newDirectory, run, TillNode } from './till.ts';

const { TILL_LIGHTNING_CLI: lightningCli, TILL_PYLN_PATH: pylnPath, TILL_PYTHON: python = 'python3' } = process.env;

const dir = newDirectory();

describe('lightning-cli', { skip: lightningCli === undefined && 'TILL_LIGHTNING_CLI names no lightning-cli' }, () => {
  let node: TillNode;
  before(async () => {
    // It reads the same config file, and finds its network there.
    writeFileSync(join(dir, 'config'), 'network=regtest\nlog-level=debug\n');
    node = await TillNode.start(dir);
  });
  after(() => node.stop());

  const ask = (...args: readonly string[]): Promise<Ended> =>
    run(lightningCli as string, [`--lightning-dir=${dir}`, ...args], process.env);

  it('makes, lists and deletes invoices', async () => {
    const made = await ask('invoice', '5sat', 'cup', 'one cup', '600');
    assert.equal(made.code, 0, made.stderr);
    const { bolt11, payment_hash } = JSON.parse(made.stdout) as { bolt11: string; payment_hash: string };
    const decoded = JSON.parse((await ask('decode', bolt11)).stdout) as Record<string, unknown>;
    assert.deepEqual([decoded.payment_hash, decoded.amount_msat, decoded.expiry], [payment_hash, 5000, 600]);
    assert.equal((await ask('-k', 'invoice', 'amount_msat=any', 'label=tip', 'description=for you')).code, 0);
    assert.equal((await ask('waitinvoice', 'none')).code, 1);
    const { invoices } = JSON.parse((await ask('listinvoices')).stdout) as { invoices: { label: string }[] };
    assert.deepEqual(
      invoices.map(({ label }) => label),
      ['cup', 'tip'],
    );
    assert.equal((await ask('delinvoice', 'tip', 'unpaid')).code, 0);
    assert.match((await ask('-H', 'help')).stdout, /^invoice amount_msat label description/m);
  });

  it('prints byte for byte what till prints, and ends with the same code', async () => {
    await ask('invoice', '9007199254740993', 'same', 'say "hi" \\ ☕');
    for (const args of [
      ['getinfo'],
      ['-F', 'getinfo'],
      ['listinvoices', 'same'],
      ['-J', 'listinvoices'],
      ['-F', 'listinvoices'],
      ['listinvoices', '-R'],
      ['-H', 'listinvoices'],
      ['-H', 'help'],
      ['-J', 'help', 'decode'],
      ['-l', '{"invoices":[{"label":true}]}', 'listinvoices'],
      ['--filter={"invoices":[{"label":true}]}', '-F', 'listinvoices'],
      ['-k', 'listinvoices', 'label=same'],
      ['-o', 'listinvoices', 'label=same'],
      ['-N', 'debug', 'getinfo'],
      ['-N', 'none', 'getinfo'],
      ['listinvoices', '007'],
      ['invoice', '1', 'same', 'again'],
      ['-R', 'nonsense'],
      ['-F', 'delinvoice', 'same', 'paid'],
      ['invoice', '1', '[x]', 'not JSON'],
      ['-k', 'listinvoices', 'same'],
      ['--frobnicate', 'getinfo'],
      ['-N', 'loud', 'getinfo'],
      ['--rpc-file=/nowhere', 'getinfo'],
    ]) {
      const [theirs, ours] = await Promise.all([ask(...args), node.till(...args)]);
      assert.deepEqual([ours.code, ours.stdout], [theirs.code, theirs.stdout], args.join(' '));
    }
  });
});

/** What a shop's program in Python would do; it prints OK at its end. */
const PYTHON = `
import sys
from pyln.client import LightningRpc, Millisatoshi, RpcError

rpc = LightningRpc(sys.argv[1])
info = rpc.getinfo()
assert info["network"] == "regtest", info
made = rpc.invoice(Millisatoshi("1000sat"), "py", "a cup \\u2615", expiry=600)
decoded = rpc.decode(made["bolt11"])
assert decoded["payment_hash"] == made["payment_hash"], decoded
assert decoded["description"] == "a cup \\u2615", decoded
assert Millisatoshi(decoded["amount_msat"]) == Millisatoshi(1000000), decoded
assert rpc.decodepay(made["bolt11"])["payment_hash"] == made["payment_hash"]
rpc.invoice("any", "py2", "")
assert [i["label"] for i in rpc.listinvoices()["invoices"]] == ["py", "py2"]
assert rpc.listinvoices(payment_hash=made["payment_hash"])["invoices"][0]["status"] == "unpaid"
assert len(rpc.listinvoices(index="created", start=2, limit=1)["invoices"]) == 1
try:
    rpc.invoice(1, "py", "again")
    raise SystemExit("a duplicate was taken")
except RpcError as error:
    assert error.error["code"] == 900, error
try:
    rpc.waitanyinvoice(lastpay_index=0, timeout=0)
    raise SystemExit("nothing was paid")
except RpcError as error:
    assert error.error["code"] == 904, error
with rpc.notify(lambda **kwargs: None):
    assert rpc.getinfo()["id"] == info["id"]
with rpc.reply_filter({"invoices": [{"label": True}]}):
    assert rpc.listinvoices()["invoices"] == [{"label": "py"}, {"label": "py2"}]
assert rpc.check("invoice", amount_msat=1, label="x", description="y")["command_to_check"] == "invoice"
assert rpc.wait("invoices", "created", 1)["created"] >= 1
signed = rpc.signmessage("by me")["zbase"]
assert rpc.checkmessage("by me", signed) == {"verified": True, "pubkey": info["id"]}
assert rpc.listnodes(info["id"])["nodes"][0]["nodeid"] == info["id"]
assert rpc.listforwards()["forwards"] == [] and rpc.listoffers()["offers"] == []
assert rpc.listtransactions()["transactions"] == []
rows = rpc.call("sql", {"query": "SELECT label, status, payment_hash FROM invoices ORDER BY created_index"})["rows"]
assert rows[0] == ["py", "unpaid", made["payment_hash"]], rows
try:
    rpc.keysend(info["id"], 1)
    raise SystemExit("a node paid itself")
except RpcError as error:
    assert error.error["code"] == -32602, error
rpc.delinvoice("py", "unpaid")
assert "clean" in str(rpc.autoclean_status())
assert len(rpc.help()["help"]) > 20
assert "network" in rpc.listconfigs()["configs"]
assert rpc.stop()["result"] == "Shutdown complete"
print("OK")
`;

describe('pyln-client', { skip: pylnPath === undefined && 'TILL_PYLN_PATH names no pyln.client' }, () => {
  it('does what a program would do with it', async () => {
    const node = await TillNode.start(newDirectory());
    const { code, stdout, stderr } = await run(python, ['-c', PYTHON, node.rpc_file], {
      ...process.env,
      PYTHONPATH: pylnPath,
    });
    assert.deepEqual([code, stdout, stderr], [0, 'OK\n', '']);
    assert.equal((await node.ended).code, 0);
  });
});

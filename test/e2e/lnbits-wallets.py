"""What LNbits does with its two wallets for Core Lightning, as they are in the package lnbits.

Arguments: which wallet, and a JSON object of LNbits' settings. Asks on stdout, one line each, and hears on stdin:
`pay BOLT11` has the invoice paid, `invoice SAT` answers a BOLT 11 of the customer's. Prints OK at its end.
"""
import asyncio
import hashlib
import json
import os
import sys

import bolt11
from lnbits.settings import settings

kind, given = sys.argv[1], json.loads(sys.argv[2])
for name, value in given.items():
    setattr(settings, name, value)
settings.lnbits_running = True

from lnbits.wallets.clnrest import CLNRestWallet  # noqa: E402
from lnbits.wallets.corelightning import CoreLightningWallet  # noqa: E402


async def ask(line):
    print(line, flush=True)
    loop = asyncio.get_running_loop()
    return (await loop.run_in_executor(None, sys.stdin.readline)).strip()


async def main():
    wallet = CLNRestWallet() if kind == "clnrest" else CoreLightningWallet()
    empty = await wallet.status()
    assert empty.error_message is None and empty.balance_msat == 0, empty

    made = await wallet.create_invoice(50_000, "a cup ☕", expiry=600)
    assert made.ok, made
    read = bolt11.decode(made.payment_request)
    assert (read.amount_msat, read.description, read.expiry) == (50_000_000, "a cup ☕", 600), read
    assert read.payment_hash == made.checking_id
    assert (await wallet.get_invoice_status(made.checking_id)).pending

    stream = wallet.paid_invoices_stream()
    first = asyncio.create_task(stream.__anext__())
    assert await ask(f"pay {made.payment_request}") == "paid"
    assert await asyncio.wait_for(first, 60) == made.checking_id
    assert (await wallet.get_invoice_status(made.checking_id)).success

    metadata = '[["text/plain","tea"]]'
    hashed = await wallet.create_invoice(1_000, unhashed_description=metadata.encode())
    assert hashed.ok, hashed
    told = bolt11.decode(hashed.payment_request)
    # Over REST LNbits asks for no hash, and gives the whole text as the description.
    if kind == "clnrest":
        assert told.description == metadata, told
    else:
        assert told.description_hash == hashlib.sha256(metadata.encode()).hexdigest(), told
    second = asyncio.create_task(stream.__anext__())
    assert await ask(f"pay {hashed.payment_request}") == "paid"
    assert await asyncio.wait_for(second, 60) == hashed.checking_id
    assert (await wallet.status()).balance_msat == 51_000_000

    bill = await ask("invoice 2000")
    paid = await wallet.pay_invoice(bill, fee_limit_msat=10_000)
    assert paid.ok is True and paid.fee_msat == 0, paid
    assert hashlib.sha256(bytes.fromhex(paid.preimage)).hexdigest() == paid.checking_id
    status = await wallet.get_payment_status(paid.checking_id)
    assert status.success and status.preimage == paid.preimage, status
    again = await wallet.pay_invoice(bill, fee_limit_msat=10_000)
    assert again.ok is not True or again.preimage == paid.preimage, again
    too_much = await wallet.pay_invoice(await ask("invoice 900000"), fee_limit_msat=10_000)
    assert too_much.ok is not True and too_much.error_message, too_much
    assert not (await wallet.get_payment_status("00" * 32)).success

    # What LNbits has is what is there: nothing was paid twice.
    assert (await wallet.status()).balance_msat == 49_000_000
    if kind == "clnrest":
        settings.clnrest_renepay_rune = settings.clnrest_pay_rune
        another = CLNRestWallet()
        other = await another.pay_invoice(await ask("invoice 1000"), fee_limit_msat=10_000)
        assert other.ok is True, other
        settings.clnrest_readonly_rune = settings.clnrest_invoice_rune
        refused = await CLNRestWallet().status()
        assert "401" in (refused.error_message or ""), refused
    settings.lnbits_running = False
    print("OK", flush=True)
    # The stream waits for the next payment.
    os._exit(0)


asyncio.run(main())

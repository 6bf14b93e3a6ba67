/** What the wallet says, by the names of the catalogue. */
import { RpcError } from '../../base/errors.ts';
import type { ChainView } from '../../infra/chain/source.ts';
import { DustError, NotEnoughError } from '../../node/wallet/build.ts';
import { BroadcastError, CoinError } from '../../node/wallet/failure.ts';

/** The error of a command that asked the wallet; what is not one of the wallet's stays as it is. */
export function walletFailure(error: unknown, chain: { view(): Pick<ChainView, 'kind'> }): unknown {
  if (error instanceof NotEnoughError) {
    // The coins may be in a block that is not read yet: clients try again when they hear that.
    if (chain.view().kind !== 'current') {
      const text = `Cannot afford: still syncing with bitcoin network... ${error.message}`;
      return new RpcError('FUNDING_STILL_SYNCING_BITCOIN', text);
    }
    return new RpcError(
      error.is_for_reserve ? 'FUND_CANNOT_AFFORD_WITH_EMERGENCY' : 'FUND_CANNOT_AFFORD',
      error.message,
    );
  }
  if (error instanceof DustError) return new RpcError('FUND_OUTPUT_IS_DUST', error.message);
  if (error instanceof BroadcastError) return new RpcError('FUNDING_BROADCAST_FAIL', error.message);
  if (error instanceof CoinError) return new RpcError('INVALID_PARAMS', error.message);
  return error;
}

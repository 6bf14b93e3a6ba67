/** What a step of a channel or an opening needs to know of the world around it. */
import { type FeatureName, type Features, hasFeature } from '../../base/types/features.ts';
import type { Environment } from '../../protocol/channel/policy.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import { type ChannelsOptions, feeratesOf } from './options.ts';

/**
 * The environment of one step. `remote`: what the peer offers; undefined while it is away. `dustElsewhereMsat`: see
 * Environment.
 */
export function environmentOf(
  { policy, chain, features }: Pick<ChannelsOptions, 'policy' | 'chain' | 'features'>,
  signer: ChannelSigner,
  remote: Features | undefined,
  dustElsewhereMsat?: () => bigint,
): Environment {
  return {
    signer,
    policy,
    feerates: feeratesOf(chain),
    height: chain.tip().height,
    ...(dustElsewhereMsat === undefined ? {} : { dustElsewhereMsat }),
    // We do not know what a peer that is away offers. Nearly all offer this, and a channel with one that does not is
    // closed without the peer in the end.
    option_shutdown_anysegwit: remote === undefined || bothOffer(features, remote, 'option_shutdown_anysegwit'),
    option_simple_close: bothOffer(features, remote, 'option_simple_close'),
    option_upfront_shutdown_script: bothOffer(features, remote, 'option_upfront_shutdown_script'),
  };
}

/** Whether the peer offers this, and we do. */
export function bothOffer(local: Features, remote: Features | undefined, name: FeatureName): boolean {
  return remote !== undefined && hasFeature(remote, name) && hasFeature(local, name);
}

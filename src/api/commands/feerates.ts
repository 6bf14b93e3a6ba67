import { FEERATE_FLOOR_PER_KW } from '../../infra/chain/source.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { type Field, quoteToken, textOf, UnfitSentence } from '../rpc/field.ts';
import { FEE_TARGETS, type FeePurpose, feerateFor } from './fee-estimates.ts';
import { defineCommand } from './modules.ts';

const STYLES = ['perkw', 'perkb'] as const;
type Style = (typeof STYLES)[number];

const styleField: Field<Style> = {
  type: 'perkw|perkb',
  schema: { type: 'string', enum: STYLES },
  secret: false,
  parse(value) {
    const text = textOf(value);
    const found = STYLES.find((style) => style === text);
    if (found !== undefined) return found;
    const quoted = text?.slice(0, 80) ?? quoteToken(value);
    throw new UnfitSentence((name) => `'${name}' should be 'perkw' or 'perkb', not '${quoted}'`);
  },
};

/** The peer that opened a channel pays the fee of its commitments, and may pay what it likes. */
const ANY_FEERATE = 0xffff_ffff;

/** The weights of typical transactions: of two outputs, and of a commitment with anchors or without. */
const TYPICAL_WEIGHT = {
  opening: 702,
  mutual_close: 673,
  unilateral_anchor_close: 1112,
  unilateral_close: 598,
  htlc_timeout: 663,
  htlc_success: 703,
} as const;

const rates = answer.object(
  {
    opening: answer.optional(answer.integer('For opening a channel.')),
    mutual_close: answer.optional(answer.integer('For a mutual close.')),
    unilateral_close: answer.optional(answer.integer('For a commitment without anchors.')),
    unilateral_anchor_close: answer.optional(answer.integer('For a commitment with anchors.')),
    penalty: answer.optional(answer.integer('For penalty transactions.')),
    min_acceptable: answer.integer('The lowest that we accept from a peer.'),
    max_acceptable: answer.integer('The highest that we accept from a peer.'),
    floor: answer.integer('The lowest that nodes relay.'),
    estimates: answer.array(
      answer.object(
        {
          blockcount: answer.integer('Within how many blocks.'),
          feerate: answer.integer('The estimate.'),
          smoothed_feerate: answer.integer('The same estimate: Till does not smooth it.'),
        },
        'An estimate.',
      ),
      'The estimates of the source of blocks.',
    ),
  },
  'Fee rates.',
);

const costs = answer.object(
  {
    opening_channel_satoshis: answer.integer('Opening a channel.'),
    mutual_close_satoshis: answer.integer('A mutual close.'),
    unilateral_close_satoshis: answer.integer('A unilateral close of a channel with anchors, without HTLCs.'),
    unilateral_close_nonanchor_satoshis: answer.integer('The same without anchors.'),
    htlc_timeout_satoshis: answer.integer('An HTLC-timeout transaction, without anchors.'),
    htlc_success_satoshis: answer.integer('Taking an HTLC, without anchors.'),
  },
  'What typical transactions cost.',
);

/** The fee rates that the node uses. */
export const feerates = defineCommand({
  name: 'feerates',
  category: 'wallet',
  title: 'Command for querying recommended onchain feerates',
  description:
    'Shows the fee rates that the node uses. They follow the estimates of its source of blocks. `perkw` is satoshi per ' +
    '1000 weight; the same rate in `perkb`, satoshi per 1000 virtual bytes, is four times the number.',
  params: {
    style: required(styleField, 'The unit: `perkw` or `perkb`.'),
  },
  returns: {
    perkw: answer.optional(rates),
    perkb: answer.optional(rates),
    onchain_fee_estimates: answer.optional(costs),
    warning_missing_feerates: answer.optional(answer.string('Estimates are missing.')),
  },
  errors: [],
  examples: [{ title: 'In satoshi per 1000 virtual bytes', params: ['perkb'] }],
  see_also: ['withdraw'],
  access: 'read',
  run({ style }, { chain }) {
    const scale = style === 'perkw' ? 1 : 4;
    const estimates = FEE_TARGETS.flatMap((blockcount) => {
      const feerate_per_kw = chain.feeratePerKw(blockcount);
      if (feerate_per_kw === undefined) return [];
      const feerate = feerate_per_kw * scale;
      return [{ blockcount, feerate, smoothed_feerate: feerate }];
    });
    const floor = FEERATE_FLOOR_PER_KW * scale;
    const rateOf = (purpose: FeePurpose): number | undefined => {
      const feerate_per_kw = feerateFor(chain, purpose);
      return feerate_per_kw === undefined ? undefined : feerate_per_kw * scale;
    };
    const answered = {
      opening: rateOf('opening'),
      mutual_close: rateOf('mutual_close'),
      unilateral_close: rateOf('unilateral_close'),
      unilateral_anchor_close: rateOf('unilateral_anchor_close'),
      penalty: rateOf('penalty'),
      min_acceptable: floor,
      max_acceptable: ANY_FEERATE,
      floor,
      estimates,
    };
    const costOf = (purpose: FeePurpose, weight: number): number =>
      Math.floor(((feerateFor(chain, purpose) ?? FEERATE_FLOOR_PER_KW) * weight) / 1000);
    const onchain_fee_estimates = {
      opening_channel_satoshis: costOf('opening', TYPICAL_WEIGHT.opening),
      mutual_close_satoshis: costOf('mutual_close', TYPICAL_WEIGHT.mutual_close),
      unilateral_close_satoshis: costOf('unilateral_anchor_close', TYPICAL_WEIGHT.unilateral_anchor_close),
      unilateral_close_nonanchor_satoshis: costOf('unilateral_close', TYPICAL_WEIGHT.unilateral_close),
      htlc_timeout_satoshis: costOf('htlc_resolution', TYPICAL_WEIGHT.htlc_timeout),
      htlc_success_satoshis: costOf('htlc_resolution', TYPICAL_WEIGHT.htlc_success),
    };
    const perStyle = style === 'perkw' ? { perkw: answered } : { perkb: answered };
    if (estimates.length === 0) {
      return {
        ...perStyle,
        warning_missing_feerates: 'Some fee estimates unavailable: is the source of blocks starting?',
      };
    }
    return { ...perStyle, onchain_fee_estimates };
  },
});

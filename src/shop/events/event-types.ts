/** The types of events: a family, a dot, and what happened. */

/** Every type, in the order of the documentation, with what it says. */
export const EVENT_TYPES = {
  'invoice.created': 'An invoice was made.',
  'invoice.paid': 'It was paid, over Lightning or on the chain.',
  'invoice.expired': 'Its time has passed, and nobody paid it.',
  'invoice.deleted': 'It was deleted.',
  'deposit.seen': "A payment to an invoice's address is in a block.",
  'deposit.confirmed': 'It is deep enough and has paid its invoice, alone or with others.',
  'deposit.short': 'It is deep enough, and all deposits together are less than the invoice asks for.',
  'deposit.late': 'It came when the invoice had expired, was paid, or was deleted.',
  'deposit.reorged': 'Its block has left the chain: it does not count for now.',
  'refund.created': 'A refund was recorded, and is being sent.',
  'refund.sent': 'It was sent.',
  'refund.failed': 'It could not be sent: nothing went out.',
  'channel.opened': 'A channel can be used.',
  'channel.closing': 'A channel is being closed.',
  'channel.closed': 'Nothing of the channel is left on the chain.',
  'inbound.ordered': 'A channel was bought ahead of a provider: it will be paid, or is.',
  'inbound.delivered': 'A channel that was bought is there.',
  'inbound.refunded': 'A channel that was bought did not come, and the money came back.',
  'inbound.failed': 'A channel that was bought did not come; the event says what became of the money.',
  'warning.no_inbound': 'No channel can receive a payment.',
  'warning.funding_missing': 'The funding of a channel that was bought is in no block and not in the mempool.',
  'warning.inbound_limit': 'inbound-keep would have to buy a channel, and its limit does not allow the price.',
  'warning.reserve_short': 'The wallet has less than closing the channels may cost.',
  'warning.webhook_disabled': 'A webhook was switched off, because its deliveries failed for too long.',
} as const;

/** Such as `invoice.paid`. */
export type EventType = keyof typeof EVENT_TYPES;

/** The type of a warning. */
export type WarningType = Extract<EventType, `warning.${string}`>;

/** All types. */
export const ALL_TYPES = Object.keys(EVENT_TYPES) as EventType[];

/** The words before the dot. */
export const FAMILIES = [...new Set(ALL_TYPES.map((type) => type.split('.')[0] as string))];

/** The types that a word stands for: a type for itself, a family for its members, anything else for none. */
export function typesNamed(word: string): readonly EventType[] {
  return ALL_TYPES.filter((type) => type === word || type.startsWith(`${word}.`));
}

/**
 * Every error that an answer can carry, by Core Lightning's names and numbers. The name is the contract: a command
 * lists the names it may answer, and in tests the dispatcher holds it to that list.
 */
const CATALOGUE = {
  // JSON-RPC 2.0
  PARSE_ERROR: { code: -32700, http_status: 400, meaning: 'The request is no valid JSON.' },
  INVALID_REQUEST: {
    code: -32600,
    http_status: 400,
    meaning: 'The request lacks a part, or a part has the wrong type.',
  },
  UNKNOWN_COMMAND: { code: -32601, http_status: 404, meaning: 'There is no command of that name.' },
  INVALID_PARAMS: { code: -32602, http_status: 400, meaning: 'A parameter is missing, unknown or of the wrong form.' },
  // general
  LIGHTNINGD: { code: -1, http_status: 500, meaning: 'Catchall nonspecific error.' },
  LIGHTNINGD_SHUTDOWN: { code: -5, http_status: 503, meaning: 'The node is stopping.' },
  // paying
  PAY_IN_PROGRESS: { code: 200, http_status: 409, meaning: 'The payment is still under way.' },
  PAY_RHASH_ALREADY_USED: {
    code: 201,
    http_status: 409,
    meaning: 'This hash was already paid with another amount or destination.',
  },
  PAY_UNPARSEABLE_ONION: {
    code: 202,
    http_status: 502,
    meaning: 'The failure came back in a form that could not be read.',
  },
  PAY_DESTINATION_PERM_FAIL: { code: 203, http_status: 502, meaning: 'The destination refused the payment for good.' },
  PAY_TRY_OTHER_ROUTE: { code: 204, http_status: 502, meaning: 'This route failed; another may work.' },
  PAY_ROUTE_NOT_FOUND: { code: 205, http_status: 502, meaning: 'There is no route.' },
  PAY_ROUTE_TOO_EXPENSIVE: { code: 206, http_status: 502, meaning: 'Every route costs more than the limit.' },
  PAY_INVOICE_EXPIRED: { code: 207, http_status: 410, meaning: 'The invoice has expired.' },
  PAY_NO_SUCH_PAYMENT: { code: 208, http_status: 404, meaning: 'There is no such payment.' },
  PAY_UNSPECIFIED_ERROR: { code: 209, http_status: 502, meaning: 'The payment failed for another reason.' },
  PAY_STOPPED_RETRYING: { code: 210, http_status: 502, meaning: 'Tried until the time was over.' },
  PAY_STATUS_UNEXPECTED: { code: 211, http_status: 409, meaning: 'The payment is in another state.' },
  PAY_INVOICE_REQUEST_INVALID: { code: 212, http_status: 400, meaning: 'The invoice request is invalid.' },
  PAY_INSUFFICIENT_FUNDS: { code: 215, http_status: 402, meaning: 'There are not enough funds for this payment.' },
  PAY_UNREACHABLE: { code: 216, http_status: 502, meaning: 'The destination cannot be reached.' },
  PAY_USER_ERROR: { code: 217, http_status: 400, meaning: 'The payment as asked for makes no sense.' },
  PAY_INJECTPAYMENTONION_ALREADY_PAID: { code: 219, http_status: 409, meaning: 'Already paid.' },
  PAY_DESTINATION_INSUFFICIENT_CAPACITY: {
    code: 220,
    http_status: 502,
    meaning: 'The destination cannot receive that much.',
  },
  // funding
  FUND_MAX_EXCEEDED: { code: 300, http_status: 400, meaning: 'The amount exceeds the maximum.' },
  FUND_CANNOT_AFFORD: { code: 301, http_status: 402, meaning: 'The wallet cannot afford it.' },
  FUND_OUTPUT_IS_DUST: { code: 302, http_status: 400, meaning: 'The output would be dust.' },
  FUNDING_BROADCAST_FAIL: { code: 303, http_status: 502, meaning: 'The transaction could not be broadcast.' },
  FUNDING_STILL_SYNCING_BITCOIN: { code: 304, http_status: 503, meaning: 'Still catching up with the chain.' },
  FUNDING_PEER_NOT_CONNECTED: { code: 305, http_status: 409, meaning: 'The peer is not connected.' },
  FUNDING_UNKNOWN_PEER: { code: 306, http_status: 404, meaning: 'There is no such peer.' },
  FUNDING_NOTHING_TO_CANCEL: { code: 307, http_status: 404, meaning: 'There is nothing to cancel.' },
  FUNDING_CANCEL_NOT_SAFE: { code: 308, http_status: 409, meaning: 'It is too late to cancel safely.' },
  FUNDING_PSBT_INVALID: { code: 309, http_status: 400, meaning: 'The PSBT is invalid.' },
  FUNDING_UNKNOWN_CHANNEL: { code: 311, http_status: 404, meaning: 'There is no such channel.' },
  FUNDING_STATE_INVALID: { code: 312, http_status: 409, meaning: 'The channel is in another state.' },
  FUND_CANNOT_AFFORD_WITH_EMERGENCY: {
    code: 313,
    http_status: 402,
    meaning: 'The wallet must keep its reserve for closing channels.',
  },
  FUND_INPUT_IS_ZERO: { code: 314, http_status: 400, meaning: 'The input is worth nothing.' },
  // connecting
  CONNECT_NO_KNOWN_ADDRESS: { code: 400, http_status: 404, meaning: 'No address of that node is known.' },
  CONNECT_ALL_ADDRESSES_FAILED: { code: 401, http_status: 502, meaning: 'No address of that node answered.' },
  CONNECT_DISCONNECTED_DURING: { code: 402, http_status: 502, meaning: 'The peer hung up while connecting.' },
  // the chain
  BCLI_ERROR: { code: 500, http_status: 502, meaning: 'The source of blocks answered an error.' },
  BCLI_NO_FEE_ESTIMATES: { code: 501, http_status: 503, meaning: 'There is no fee estimate yet.' },
  // invoices
  INVOICE_LABEL_ALREADY_EXISTS: { code: 900, http_status: 409, meaning: 'An invoice with this label already exists.' },
  INVOICE_PREIMAGE_ALREADY_EXISTS: {
    code: 901,
    http_status: 409,
    meaning: 'An invoice with this preimage already exists.',
  },
  INVOICE_HINTS_GAVE_NO_ROUTES: {
    code: 902,
    http_status: 400,
    meaning: 'None of the channels named can be used as a hint.',
  },
  INVOICE_EXPIRED_DURING_WAIT: { code: 903, http_status: 410, meaning: 'The invoice expired before it was paid.' },
  INVOICE_WAIT_TIMED_OUT: { code: 904, http_status: 408, meaning: 'No invoice was paid in the time given.' },
  INVOICE_NOT_FOUND: { code: 905, http_status: 404, meaning: 'There is no such invoice.' },
  INVOICE_STATUS_UNEXPECTED: { code: 906, http_status: 409, meaning: 'The invoice has another status.' },
  INVOICE_OFFER_INACTIVE: { code: 907, http_status: 409, meaning: 'The offer is not active.' },
  INVOICE_NO_DESCRIPTION: { code: 908, http_status: 409, meaning: 'The description was already removed.' },
  // runes, recovery, waiting
  RUNE_NOT_AUTHORIZED: { code: 1501, http_status: 401, meaning: 'The rune is not valid.' },
  RUNE_NOT_PERMITTED: { code: 1502, http_status: 403, meaning: 'The rune does not permit this.' },
  RUNE_BLACKLISTED: { code: 1503, http_status: 403, meaning: 'The rune was revoked.' },
  RECOVER_NODE_IN_USE: {
    code: 1600,
    http_status: 409,
    meaning: 'The node already has channels: it cannot be recovered over.',
  },
  SIGNMESSAGE_PUBKEY_NOT_FOUND: {
    code: 1301,
    http_status: 404,
    meaning: 'The key that made the signature is not the key of a node that we know.',
  },
  WAIT_TIMEOUT: { code: 2000, http_status: 408, meaning: 'Nothing happened in the time given.' },
  // Till's own: Core Lightning has no such number
  NOT_SUPPORTED: {
    code: 3000,
    http_status: 501,
    meaning: 'Core Lightning does this and Till does not; the message says why, and what to do instead.',
  },
  EVENTS_PRUNED: { code: 3001, http_status: 410, meaning: 'Events that were asked for are not kept any more.' },
  EVENT_NOT_FOUND: { code: 3002, http_status: 404, meaning: 'There is no such event, or not any more.' },
  IDEMPOTENCY_KEY_REUSED: { code: 3101, http_status: 422, meaning: 'The key was used for another request.' },
  IDEMPOTENT_REQUEST_RUNNING: { code: 3102, http_status: 409, meaning: 'The same request is still running.' },
  IDEMPOTENT_REQUEST_UNKNOWN: { code: 3103, http_status: 409, meaning: 'Nobody knows whether the request was done.' },
  LIQUIDITY_UNAVAILABLE: { code: 3201, http_status: 502, meaning: 'No liquidity provider sells what is needed now.' },
  LIQUIDITY_TOO_EXPENSIVE: {
    code: 3202,
    http_status: 402,
    meaning: 'Every offer costs more than the operator allows.',
  },
  LIQUIDITY_AMOUNT_REFUSED: {
    code: 3203,
    http_status: 400,
    meaning: 'A channel cannot be bought for a payment of this size.',
  },
  RATE_UNAVAILABLE: {
    code: 3501,
    http_status: 503,
    meaning: 'There is no fresh exchange rate that enough sources agree on.',
  },
  REFUND_TOO_LARGE: { code: 3511, http_status: 409, meaning: 'So much is not left to be given back of this invoice.' },
  REFUND_DESTINATION_FAILED: {
    code: 3512,
    http_status: 502,
    meaning: 'The destination of a refund gives no invoice that can be paid; nothing was sent.',
  },
  REFUND_FAILED: { code: 3513, http_status: 502, meaning: 'The refund is recorded, and could not be sent.' },
  NODE_IS_STANDBY: {
    code: 3601,
    http_status: 503,
    meaning: 'This node is the standby of a pair: ask the node that the message names.',
  },
  NO_STANDBY: { code: 3602, http_status: 409, meaning: 'No standby waits to take over.' },
  WEBHOOK_NOT_FOUND: { code: 3003, http_status: 404, meaning: 'There is no such webhook.' },
  ITEM_NOT_FOUND: { code: 3311, http_status: 404, meaning: 'There is no such item.' },
  SALE_NOT_FOUND: { code: 3312, http_status: 404, meaning: 'There is no such sale.' },
  LIGHTNING_ADDRESS_NOT_FOUND: { code: 3301, http_status: 404, meaning: 'There is no such Lightning address.' },
  LIGHTNING_ADDRESS_EXISTS: {
    code: 3302,
    http_status: 409,
    meaning: 'There is a Lightning address of this name already.',
  },
  SESSION_OVER: { code: 3401, http_status: 401, meaning: 'The session has ended, or was revoked.' },
  SIGN_IN_FAILED: {
    code: 3402,
    http_status: 401,
    meaning: 'The link, the name, the password or the passkey is wrong.',
  },
  SIGN_IN_TOO_OFTEN: { code: 3403, http_status: 429, meaning: 'Too many tries to sign in.' },
  USER_NOT_FOUND: { code: 3404, http_status: 404, meaning: 'There is no such user.' },
  USER_ALREADY_EXISTS: { code: 3405, http_status: 409, meaning: 'There is a user of that name already.' },
  SESSION_NOT_FOUND: { code: 3406, http_status: 404, meaning: 'There is no such session.' },
} as const satisfies Record<string, { code: number; http_status: number; meaning: string }>;

/** The name of an error, as Core Lightning spells it (without its JSONRPC2_ prefixes). */
export type ErrorName = keyof typeof CATALOGUE;

/** What the documentation and the servers know of each error. */
export const ERRORS: Readonly<
  Record<ErrorName, { readonly code: number; readonly http_status: number; readonly meaning: string }>
> = CATALOGUE;

/** An error that is meant for the one who asked: name, sentence, and data where the command promises some. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly error: ErrorName;
  readonly data: unknown;

  /** `message` must hold no secret. `data` is sent as it is. */
  constructor(error: ErrorName, message: string, data?: unknown) {
    // What is quoted may be cut within a pair of surrogates, and strict readers refuse a whole reply for half a pair.
    super(message.toWellFormed());
    this.error = error;
    this.data = data;
  }

  /** Core Lightning's number. */
  get code(): number {
    return ERRORS[this.error].code;
  }
}

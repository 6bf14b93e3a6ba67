/** bLIP 50 (LSPS0): requests to a liquidity provider and its answers, each a JSON text that fills its message. */
import { restBytes } from './field.ts';
import { type MessageOf, message } from './message.ts';

/** The text is read by codec/lsps/. It ends where the message does. */
export const lsps0Message = message(37913, 'lsps0_message', { payload: restBytes });

export type Lsps0Message = MessageOf<typeof lsps0Message>;

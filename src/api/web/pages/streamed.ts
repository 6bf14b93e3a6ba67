/** What a route answers that has answered, or will answer, by itself. */
export const STREAMED: unique symbol = Symbol('streamed');

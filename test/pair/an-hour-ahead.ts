/** Loaded before a node: its wall clock is an hour ahead of everybody else's. */
const HOUR_MS = 3_600_000;
const now = Date.now.bind(Date);
Date.now = () => now() + HOUR_MS;

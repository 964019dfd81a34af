// The conversation's numbers, in seconds (docs/protocol.md).
export const HEARTBEAT = 25;
export const PONG_WAIT = 10;
export const READY_WAIT = 10;
export const BACKOFF_FIRST = 0.5;
export const BACKOFF_MAX = 30;
export const STEADY = 10; // a connection that lived this long forgives earlier failures
export const SLOW_DOWN = 30;
export const RECONCILE = 30;
export const SYNC_WAIT = 10;
export const ACK_WAIT = 10;
export const STILL_TRYING = 30;
export const ORPHAN = 60;
export const POLL = 5;
export const SILENCE = 3;
export const AWAY = 60;
export const TYPING_EVERY = 3;
export const TYPING_SHOWN = 6;
export const READ_AFTER = 0.5;
export const REPORT_EVERY = 1;

/** Calls `work` after `seconds`; returns the timer. */
export const after = (seconds, work) => setTimeout(work, seconds * 1000);
/** Calls `work` every `seconds`; returns the timer. */
export const every = (seconds, work) => setInterval(work, seconds * 1000);

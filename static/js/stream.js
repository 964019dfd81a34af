// What a room's stream of changes does to this screen's cursor. Pure: no page, no clock, no network.
//
// The server numbers every change of a room (`rev`) without holes. A change is applied only when it is the very next
// one, so what is on the screen never has a hole that looks whole. Whatever comes early is held while a sync is asked.
//
//   state   {cursor, held: Map(rev -> change), asked: whether a sync is under way}
//   change  {rev, row?}     (no row: a change this person may not see, or one already on the screen)
//   answer  {state, rows: to show, in order, ask: whether to send a sync now, fresh: whether older rows must go}

export const HOLD = 500;

export const begin = (cursor) => ({ cursor, held: new Map(), asked: false });

/** One change arrived live. */
export function heard(state, change) {
  if (change.rev <= state.cursor) return answer(state, []);
  const held = new Map(state.held);
  if (held.size < HOLD || change.rev === state.cursor + 1) held.set(change.rev, change);
  return settle(state.cursor, held, state.asked, []);
}

/** A page of what was missed. Rows the cursor has passed are old news; the last page says how far it is complete. */
export function synced(state, frame) {
  const rows = frame.rows.filter((row) => row.rev > state.cursor);
  const seen = frame.more ? (rows.at(-1)?.rev ?? 0) : frame.upto;
  const next = settle(Math.max(state.cursor, seen), state.held, false, rows);
  return frame.more ? { ...next, state: { ...next.state, asked: true }, ask: true } : next;
}

/** Too much was missed: the newest page instead. Rows after `upto` that are already here stay. */
export function reset(state, frame) {
  const next = settle(Math.max(state.cursor, frame.upto), state.held, false, frame.rows);
  return { ...next, fresh: true };
}

/** The answer to a sync was lost with its connection, or took too long. */
export function forget(state) {
  return { ...state, asked: false };
}

/** Applies held changes as long as each is the next, then asks for what is missing before the rest. */
function settle(cursor, held, asked, rows) {
  const waiting = new Map(held);
  const shown = [...rows];
  for (const rev of waiting.keys()) if (rev <= cursor) waiting.delete(rev);
  while (waiting.has(cursor + 1)) {
    cursor += 1;
    const { row } = waiting.get(cursor);
    if (row) shown.push(row);
    waiting.delete(cursor);
  }
  const ask = waiting.size > 0 && !asked;
  return answer({ cursor, held: waiting, asked: asked || ask }, shown, ask);
}

const answer = (state, rows, ask = false) => ({ state, rows, ask, fresh: false });

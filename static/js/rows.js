// The rows of a room that this page holds, in the order of their places (`seq`, the server's). There are no holes between
// the oldest and the newest of them; the newest is the room's newest, unless the page was opened at an old message: then
// they are `open` at their end. Pure: no page, no clock, no network.
import { dayKey } from "./clock.js";
import { quoteOf } from "./quote.js";

export class Rows {
  all = [];
  open = false; // whether the room has newer rows than these
  hidden = new Set(); // places that this person doesn't want to see: what changes there stays away
  #overheard = new Map(); // seq -> row: what came live while a page was under way, which may bring older versions
  #pages = 0; // under way

  /** Where the row with this place stands, or would. */
  place(seq) {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(seq) {
    const row = this.all[this.place(seq)];
    return row?.seq === seq ? row : undefined;
  }

  /** Takes a row as the stream brings it. Returns where it stands and whether it is `new` or `renewed`; neither for one
   * that was known, and for one that isn't held: those are history's to fetch. */
  put(raw) {
    const row = dated(raw);
    const at = this.place(row.seq);
    if (this.hidden.has(row.seq)) return { at, row };
    if (this.#pages) this.#overheard.set(row.seq, row);
    if (this.all[at]?.seq === row.seq) return { at, row, renewed: this.#renew(at, row) };
    if (this.all.length && (at === 0 || (this.open && at === this.all.length))) return { at, row };
    this.all.splice(at, 0, row);
    return { at, row, new: true };
  }

  /** Quotes of a message say what it says now. Returns the rows that quote it. */
  requote(row) {
    const quoting = this.all.filter(({ reply }) => reply?.seq === row.seq && !reply.hidden);
    for (const one of quoting) one.reply = quoteOf(row);
    return quoting;
  }

  /** Asks for a page of rows and lets `use` have it, knowing all that came live meanwhile. */
  async expect(ask, use) {
    this.#pages += 1;
    try {
      use(await ask());
    } finally {
      this.#pages -= 1;
      if (this.#pages === 0) this.#overheard.clear();
    }
  }

  /** A page of older rows, oldest first. Returns how many were news. */
  prepend(rows) {
    const first = this.all[0]?.seq ?? Infinity;
    const older = this.#fresh(rows.filter((row) => row.seq < first));
    this.all.unshift(...older);
    return older.length;
  }

  /** A page of newer rows, oldest first. Without `more`, what came live behind them follows at once. */
  append(rows, more) {
    const last = this.all.at(-1)?.seq ?? 0;
    this.all.push(...this.#fresh(rows.filter((row) => row.seq > last)));
    this.#end(more);
  }

  /** These in place of all others. */
  replace(rows, more) {
    this.all = this.#fresh(rows);
    this.#end(more);
  }

  /** Lets go of every row up to place `seq`, for the newest page to take their place. */
  drop(seq) {
    this.all = this.all.filter((row) => row.seq > seq);
    this.open = false;
  }

  #end(more) {
    const last = this.all.at(-1)?.seq ?? 0;
    const later = [...this.#overheard.values()].filter((row) => row.seq > last);
    if (!more) this.all.push(...later.sort((a, b) => a.seq - b.seq));
    this.open = more;
  }

  #renew(at, row) {
    if (row.rev <= this.all[at].rev) return false;
    this.all[at] = row;
    return true;
  }

  /** The page's rows, or what was heard of them since it was asked for. */
  #fresh(rows) {
    return rows.map((row) => {
      const heard = this.#overheard.get(row.seq);
      return heard && heard.rev > row.rev ? heard : dated(row);
    });
  }
}

/** A row with its moment and its local day. */
export function dated(row) {
  const at = new Date(row.created);
  return { ...row, at, day: dayKey(at) };
}

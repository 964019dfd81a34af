// The room's rows and the part of them that is on the page. There are no holes between the oldest row we hold and the
// cursor, and the page's order is the rows' order: by `seq`, the server's place, alone.
import { dayKey, dayName } from "./clock.js";
import { build, date, setGroup, write } from "./messages.js";
import { clone, find, findAll } from "./page.js";

const RUN = 5 * 60_000; // one person's messages within five minutes stand together

export class Timeline {
  rows = [];
  from = 0; // rows[from..to) are on the page
  to = 0;
  breakAt = null; // the seq that begins what is new: no run of messages crosses it
  #articles = new Map(); // seq -> article

  /** `end`: the element that days stand before. `author(id)`: a sender's name. `adopt(row)`: the bubble that waited for
   * this row, if any. `tail()`: the first waiting message. `drawn(article, row)` and `erased(article)` are told. */
  constructor({ end, me, author, adopt, tail, drawn, erased }) {
    Object.assign(this, { end, me, author, adopt, tail, drawn, erased });
  }

  article(seq) {
    return this.#articles.get(seq);
  }

  /** Whether the newest row is on the page. */
  get atNewest() {
    return this.to === this.rows.length;
  }

  /** Adds one row in its place, or renews it. A change of a row older than all we hold is history's to fetch. */
  put(raw) {
    const row = dated(raw);
    const at = this.#place(row.seq);
    if (this.rows[at]?.seq === row.seq) return this.#renew(at, row);
    if (at === 0 && this.rows.length > 0) return;
    const above = at < this.from || (at === this.from && at > 0);
    const below = at > this.to || (at === this.to && !this.atNewest);
    this.rows.splice(at, 0, row);
    if (above) this.from += 1;
    if (!below) this.to += 1;
    if (above || below) this.adopt(row)?.remove();
    else this.#draw(at, true);
  }

  /** Older rows, oldest first, in front of all others; not yet on the page. */
  prepend(rows) {
    const older = rows.filter((row) => !this.rows.length || row.seq < this.rows[0].seq).map(dated);
    this.rows.unshift(...older);
    this.from += older.length;
    this.to += older.length;
  }

  /** Lets go of every row up to place `seq`: a newer page takes their place. */
  drop(seq) {
    this.show(0, 0);
    this.rows = this.rows.filter((row) => row.seq > seq);
    this.show(0, this.rows.length);
  }

  /** Makes rows[from..to) what is on the page. What comes below the reader has to have its true height at once. */
  show(from, to, { below = false } = {}) {
    const [first, end] = [this.from, this.to];
    for (let at = end - 1; at >= first; at -= 1) if (at < from || at >= to) this.#erase(at);
    [this.from, this.to] = [from, to];
    for (let at = Math.min(first, to) - 1; at >= from; at -= 1) this.#draw(at);
    for (let at = Math.max(end, from); at < to; at += 1) this.#draw(at, below);
  }

  /** Draws the corners of the row at `seq` and its neighbours anew. */
  regroup(seq) {
    const at = this.#place(seq);
    for (const near of [at - 1, at, at + 1]) this.#group(near);
  }

  /** After midnight "Today" is another day. */
  renameDays() {
    for (const section of findAll("day", this.end.parentElement)) nameDay(section, new Date(`${section.dataset.day}T12:00`));
  }

  #place(seq) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #renew(at, row) {
    if (row.rev <= this.rows[at].rev) return;
    this.rows[at] = row;
    const article = this.article(row.seq);
    if (article) write(article, row.body);
  }

  #draw(at, measured = false) {
    const row = this.rows[at];
    const mine = row.sender === this.me;
    const article = (mine && this.adopt(row)) || build({ ...row, mine, author: this.author(row.sender) });
    article.dataset.seq = row.seq;
    article.classList.toggle("measured", measured);
    date(article, row.at);
    this.#articles.set(row.seq, article);
    this.#insert(at, article);
    for (const near of [at - 1, at, at + 1]) this.#group(near);
    this.drawn(article, row);
  }

  #insert(at, article) {
    const [before, next] = [this.#neighbour(at - 1), this.#neighbour(at + 1)];
    const { day } = this.rows[at];
    if (before?.day === day) return before.article.after(article);
    if (next?.day === day) return next.article.before(article);
    const section = clone("day");
    section.dataset.day = day;
    nameDay(section, this.rows[at].at);
    section.append(article);
    if (before) before.article.parentElement.after(section);
    else (next?.article.parentElement ?? this.end).before(section);
  }

  #neighbour(at) {
    const row = this.rows[at];
    const article = row && this.article(row.seq);
    return article && { article, day: row.day };
  }

  #erase(at) {
    const { seq } = this.rows[at];
    const article = this.article(seq);
    const section = article.parentElement;
    article.remove();
    if (!find("message", section)) section.remove();
    this.#articles.delete(seq);
    this.erased(article);
  }

  #group(at) {
    const row = this.rows[at];
    const article = row && this.article(row.seq);
    if (article) setGroup(article, !this.joined(this.rows[at - 1], row), !this.joined(row, this.rows[at + 1] ?? this.tail()));
  }

  /** Whether two messages, one after the other, belong to one run. */
  joined(one, next) {
    if (!one || !next || one.sender !== next.sender || one.day !== next.day) return false;
    return next.seq !== this.breakAt && next.at - one.at < RUN;
  }
}

/** A row with its moment and its local day. */
export function dated(row) {
  const at = new Date(row.created);
  return { ...row, at, day: dayKey(at) };
}

function nameDay(section, moment) {
  const name = find("day-name", section);
  name.dateTime = dayKey(moment);
  name.textContent = dayName(moment);
  name.parentElement.id = `day-${name.dateTime}`;
  section.setAttribute("aria-labelledby", name.parentElement.id);
}

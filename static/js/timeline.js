// The part of the room's rows that is on the page: a window of what rows.js holds, in sections by day.
import { build, date, fill, setGroup } from "./messages.js";
import * as happenings from "./happenings.js";
import { nameDay, section } from "./days.js";
import { findAll } from "./page.js";
import { Rows } from "./rows.js";

const RUN = 5 * 60_000; // one person's messages within five minutes stand together

export class Timeline {
  held = new Rows();
  from = 0; // rows[from..to) are on the page
  to = 0;
  breakAt = null; // the seq that begins what is new: no run of messages crosses it
  #articles = new Map(); // seq -> article

  /** `end`: the element that days stand before. `view`: who looks (messages.js). `adopt(row)`: the bubble that waited
   * for this row, if any. `tail()`: the first waiting message. `drawn(article, row)` and `erased(article)` are told. */
  constructor({ end, view, adopt, tail, drawn, erased }) {
    Object.assign(this, { end, view, adopt, tail, drawn, erased });
  }

  get rows() {
    return this.held.all;
  }

  /** The rows on the page. */
  get shown() {
    return this.rows.slice(this.from, this.to);
  }

  article(seq) {
    return this.#articles.get(seq);
  }

  /** Whether the newest row is on the page. */
  get atNewest() {
    return this.to === this.rows.length && !this.held.open;
  }

  /** Adds one row in its place, or renews it. */
  put(raw) {
    const put = this.held.put(raw);
    if (put.new) this.#add(put.at, put.row);
    if (put.renewed) this.redraw(put.row);
    this.requote(put.row);
  }

  /** Whoever quotes this message quotes it as it is now. */
  requote(row) {
    if (row.rev !== row.seq) for (const quoting of this.held.requote(row)) this.redraw(quoting);
  }

  /** Older rows, oldest first, in front of all others; not yet on the page. */
  prepend(rows) {
    const count = this.held.prepend(rows);
    this.from += count;
    this.to += count;
  }

  /** Other rows in place of all, none of them on the page yet. With `more` the room has newer ones. */
  replace(rows, more) {
    this.show(0, 0);
    this.held.replace(rows, more);
  }

  /** Lets go of every row up to place `seq`: the newest page takes their place. */
  drop(seq) {
    this.show(0, 0);
    this.held.drop(seq);
    this.show(0, this.rows.length);
  }

  /** Takes one row away: this person doesn't want to see it any more. */
  remove(seq) {
    const at = this.held.place(seq);
    if (this.rows[at]?.seq !== seq) return;
    if (this.article(seq)) this.#erase(at);
    this.rows.splice(at, 1);
    if (at < this.from) this.from -= 1;
    if (at < this.to) this.to -= 1;
    for (const near of [at - 1, at]) this.#group(near);
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
    const at = this.held.place(seq);
    for (const near of [at - 1, at, at + 1]) this.#group(near);
  }

  /** Shows a row as it is now: something that isn't in it changed, a name or a wish. */
  redraw(row) {
    const article = this.article(row.seq);
    if (!article) return;
    if (row.event) return happenings.fill(article, row, this.view);
    article.classList.add("measured"); // its height may be another, and must be known at once
    fill(article, row, this.view);
  }

  /** After midnight "Today" is another day. */
  renameDays() {
    for (const each of findAll("day", this.end.parentElement)) nameDay(each, new Date(`${each.dataset.day}T12:00`));
  }

  #add(at, row) {
    const above = at < this.from || (at === this.from && at > 0);
    const below = at > this.to || (at === this.to && this.to < this.rows.length - 1); // the row itself is there already
    if (above) this.from += 1;
    if (!below) this.to += 1;
    if (above || below) this.adopt(row)?.remove();
    else this.#draw(at, true);
  }

  #draw(at, measured = false) {
    const row = this.rows[at];
    const article = row.event ? happenings.build(row, this.view) : this.#article(row);
    article.dataset.seq = row.seq;
    article.classList.toggle("measured", measured);
    this.#articles.set(row.seq, article);
    this.#insert(at, article);
    for (const near of [at - 1, at, at + 1]) this.#group(near);
    this.drawn(article, row);
  }

  #article(row) {
    const waited = row.sender === this.view.me && this.adopt(row);
    if (!waited) return build(row, this.view);
    fill(waited, row, this.view);
    date(waited, row.at);
    return waited;
  }

  #insert(at, article) {
    const [before, next] = [this.#neighbour(at - 1), this.#neighbour(at + 1)];
    const { day } = this.rows[at];
    if (before?.day === day) return before.article.after(article);
    if (next?.day === day) return next.article.before(article);
    const fresh = section(this.rows[at]);
    fresh.append(article);
    if (before) before.article.parentElement.after(fresh);
    else (next?.article.parentElement ?? this.end).before(fresh);
  }

  #neighbour(at) {
    const row = this.rows[at];
    const article = row && this.article(row.seq);
    return article && { article, day: row.day };
  }

  #erase(at) {
    const { seq } = this.rows[at];
    const article = this.article(seq);
    const day = article.parentElement;
    article.remove();
    if (!day.querySelector("[data-seq]")) day.remove();
    this.#articles.delete(seq);
    this.erased(article);
  }

  #group(at) {
    const row = this.rows[at];
    const article = row && !row.event && this.article(row.seq);
    if (article) setGroup(article, !this.joined(this.rows[at - 1], row), !this.joined(row, this.rows[at + 1] ?? this.tail()));
  }

  /** Whether two messages, one after the other, belong to one run. */
  joined(one, next) {
    if (!one || !next || one.event || next.event || one.sender !== next.sender || one.day !== next.day) return false;
    return next.seq !== this.breakAt && next.at - one.at < RUN;
  }
}

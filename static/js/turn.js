/** Sees to it that one tab works at a time. `begin` is called when it is this tab's turn, `end` when another takes it.
 *
 * Returns {take}, which takes the turn at once. Without locks it is always every tab's turn. */
export function turn({ name, locks, begin, end }) {
  let mine = false;
  let place = null; // in the line of tabs that wait

  async function line(how) {
    place = new AbortController();
    const options = how ?? { signal: place.signal };
    try {
      await locks.request(name, options, () => {
        mine = true;
        begin();
        return new Promise(() => {}); // kept until another tab takes it or this page goes
      });
    } catch {
      if (options.signal?.aborted) return; // we stepped out of the line ourselves, to take it
      mine = false;
      end();
      line();
    }
  }

  function take() {
    if (mine || !locks) return;
    place?.abort();
    line({ steal: true });
  }

  if (locks) line();
  else begin();
  return { take };
}

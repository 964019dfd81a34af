// Finding by the beginnings of words, whatever the case and the accents. Pure: no page, no network.

/** As it is compared: small letters without their marks. */
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
const wordsOf = (text) => [...text.matchAll(WORDS)].map(([word]) => word);

/** How well `query` fits: 0 best, null not at all. Every word of it has to begin a word of one of the texts. */
export function rank(query, texts) {
  const asked = wordsOf(fold(query));
  const offered = texts.flatMap((text) => wordsOf(fold(text)));
  if (asked.length === 0 || !asked.every((word) => offered.some((each) => each.startsWith(word)))) return null;
  return fold(texts[0]).startsWith(fold(query.trim())) ? 0 : 1;
}

/** The text in pieces, [piece, whether it was asked for], to be marked. */
export function pieces(query, text) {
  const asked = wordsOf(fold(query)).sort((one, other) => other.length - one.length);
  const found = [];
  let from = 0;
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    const begins = asked.find((each) => fold(word).startsWith(each));
    if (!begins) continue;
    const end = index + lengthOf(word, begins.length);
    found.push([text.slice(from, index), false], [text.slice(index, end), true]);
    from = end;
  }
  return [...found, [text.slice(from), false]].filter(([piece]) => piece);
}

/** How many characters of `word` make so many folded ones, with the marks that stand on the last. */
function lengthOf(word, count) {
  let end = 0;
  for (const char of word) {
    if (fold(word.slice(0, end)).length >= count && !/\p{M}/u.test(char)) break;
    end += char.length;
  }
  return end;
}

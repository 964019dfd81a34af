// A textarea that grows, and changes to its text that one can undo.
const PAIRS = { b: "**", i: "_" };

/** Puts `text` where the caret is, in place of what is selected. */
export function insert(box, text) {
  box.focus({ preventScroll: true });
  // The old way is the only one that undo knows.
  if (document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Ctrl+B and Ctrl+I put the marks of bold and italic around what is selected. Whether the key was one of them. */
export function format(box, event) {
  const marks = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && PAIRS[event.key.toLowerCase()];
  if (!marks) return false;
  const { selectionStart: from, selectionEnd: to } = box;
  insert(box, marks + box.value.slice(from, to) + marks);
  box.setSelectionRange(from + marks.length, to + marks.length);
  return true;
}

/** For browsers without field-sizing. */
export function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

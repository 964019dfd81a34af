// What a message says without its formatting, for where only text fits: quotes, previews, announcements.
// As `text_of` in chat/messages/markup.py. The result is text: it never becomes HTML again.
const ENDS = /<br>|<\/(?:p|li|blockquote|pre)>/g;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": "\u00a0" };

/** The words of a row, given its `html`, if it has any, and its `body`. */
export function plain({ html, body }) {
  if (!html) return body;
  const text = html.replace(ENDS, "\n").replace(/<[^>]+>/g, "");
  return text.replace(/&(?:amp|lt|gt|quot|nbsp|#39);/g, (entity) => ENTITIES[entity]).trim();
}

// Several forms on one page: sending one doesn't throw away what was typed into the others. It is kept in this tab until
// the page is back, and then put where it was.
const KEY = `mychat-unsaved-${document.documentElement.dataset.user}`;
const NEVER = ["password", "file", "hidden", "button", "submit"];

/** Puts back what another form's submission interrupted, once, and from now on watches for submissions. */
export function start() {
  restore(take());
  addEventListener("submit", ({ target }) => {
    if ("signOut" in target.dataset) return;
    keep([...document.forms].filter((form) => form !== target).flatMap(unsaved));
  });
}

/** The form's fields that differ from what the server drew. It draws what it refused, too: that isn't saved either. */
function unsaved(form) {
  const refused = form.querySelector("[aria-invalid=true]");
  const fields = [...form.elements].filter(({ name, type }) => name && !NEVER.includes(type));
  return fields.filter((field) => refused || changed(field)).map(({ name, type, value, checked }) => {
    return { form: form.action, name, type, value, checked };
  });
}

function changed(field) {
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

function restore(kept) {
  for (const { form, name, type, value, checked } of kept) {
    const fields = [...document.forms].filter((each) => each.action === form).flatMap((each) => [...each.elements]);
    const field = fields.find((each) => each.name === name && (type !== "radio" || each.value === value));
    if (!field) continue;
    if (type === "radio" || type === "checkbox") field.checked = checked;
    else field.value = value;
  }
}

function keep(fields) {
  try {
    if (fields.length) sessionStorage.setItem(KEY, JSON.stringify(fields));
  } catch {
    // Full or forbidden: then it is lost, as it would be without this.
  }
}

function take() {
  try {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return JSON.parse(kept) ?? [];
  } catch {
    return [];
  }
}

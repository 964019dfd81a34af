/** Where a page has a form for a picture: uploads it as soon as it is chosen. */
export function uploadAtOnce() {
  const form = document.querySelector("[data-picture]");
  const input = form?.querySelector("input[type=file]");
  if (!input) return;
  input.classList.add("sr");
  form.querySelector("[data-upload]").hidden = true;
  form.querySelector("[data-choose]")?.removeAttribute("hidden");
  input.addEventListener("change", () => {
    if (input.files.length) form.requestSubmit();
  });
}

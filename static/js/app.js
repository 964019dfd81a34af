// What every page has: the theme switch and "show password".

const YEAR = 60 * 60 * 24 * 365;
const root = document.documentElement;

function isDark() {
  return (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function setTheme(theme) {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-reveal]");
  if (!button) return;
  if ("reveal" in button.dataset) reveal(button);
  else setTheme(isDark() ? "light" : "dark");
});

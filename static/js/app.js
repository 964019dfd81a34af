// What every page has: the theme switch and "show password".

const YEAR = 60 * 60 * 24 * 365;
const root = document.documentElement;
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("mychat-theme") : null;

function isDark() {
  return (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function setTheme(theme) {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  tabs?.postMessage("changed");
}

/** Another tab of this browser chose: the cookie says what. */
function follow() {
  const theme = document.cookie.match(/(?:^|; )theme=(light|dark)/)?.[1];
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;
tabs?.addEventListener("message", follow);
if (new URLSearchParams(location.search).get("saved") === "appearance") tabs?.postMessage("changed");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-reveal]");
  if (!button) return;
  if ("reveal" in button.dataset) reveal(button);
  else setTheme(isDark() ? "light" : "dark");
});

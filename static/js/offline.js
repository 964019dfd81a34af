// The page for no network: comes back by itself, to the address that was asked for.
const EVERY = 5; // seconds

const theme = document.cookie.match(/(?:^|; )theme=(light|dark)/)?.[1];
if (theme) document.documentElement.dataset.theme = theme;

const again = () => (location.pathname === "/offline/" ? location.assign("/") : location.reload());

async function look() {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) again();
}

addEventListener("online", look);
setInterval(look, EVERY * 1000);
document.querySelector("[data-again]").addEventListener("click", (event) => {
  event.preventDefault();
  again();
});

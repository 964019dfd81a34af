/** Keeps the composer above a phone's keyboard where the browser doesn't do it itself (iOS Safari). */
export function start() {
  const view = window.visualViewport;
  const shell = document.querySelector(".shell");
  if (!view || !shell || !matchMedia("(pointer: coarse)").matches) return;
  const fit = () => {
    const covered = view.height < window.innerHeight - 1;
    shell.style.blockSize = covered ? `${view.height}px` : "";
    if (covered) window.scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
}

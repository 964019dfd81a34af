// Pictures open over the page when they are clicked. What shows them is fetched for the first one.

/** Opens the pictures in `root`. `all()` gives those one can go on to, in their order, as rows describe them. */
export function openPictures({ root, all }) {
  root.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-picture]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    try {
      const { open } = await import("./lightbox.js");
      open(link.dataset.picture, all());
    } catch {
      location.assign(link.href); // the network is gone, or the site was renewed meanwhile
    }
  });
}

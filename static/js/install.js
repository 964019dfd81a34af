// Registers the service worker (worker.js), once the page has what it needs.
const ADDRESS = "/sw.js";
const policy = window.trustedTypes?.createPolicy("worker", {
  createScriptURL(url) {
    if (url !== ADDRESS) throw new TypeError("not our worker");
    return url;
  },
});

/** Resolves to the registration, or to null where there can be none. */
export const registered = "serviceWorker" in navigator ? settled().then(register) : Promise.resolve(null);

function settled() {
  return new Promise((resolve) => (document.readyState === "complete" ? resolve() : addEventListener("load", resolve, { once: true })));
}

async function register() {
  try {
    return await navigator.serviceWorker.register(policy?.createScriptURL(ADDRESS) ?? ADDRESS, { updateViaCache: "none" });
  } catch {
    return null; // a private window, or a device without room: all works but what needs it
  }
}

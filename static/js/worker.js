// The service worker: notifications while no page is open, and a page for when the server can't be reached. It keeps that
// page and what it is made of, and nothing else: no message, no page of anybody's. `SITE` comes before (installable.py).
const CACHE = `offline-${SITE.version}`;

self.addEventListener("install", (event) => {
  self.skipWaiting(); // nothing of the app is kept, so a new worker can't disagree with an open page
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SITE.kept.map((url) => new Request(url, { cache: "reload", credentials: "omit" })))));
});

self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), self.registration.navigationPreload?.enable(), forgetOld()])));

async function forgetOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("offline-") && name !== CACHE).map((name) => caches.delete(name)));
}

// --- Without the network ---------------------------------------------------------------------------------------------

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(visit(event));
  else if (SITE.kept.includes(new URL(request.url).pathname)) event.respondWith(fetch(request).catch(() => kept(request)));
});

async function visit(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return kept(SITE.page);
  }
}

const kept = async (request) => (await caches.match(request, { ignoreVary: true })) ?? Response.error();

// --- Notifications ---------------------------------------------------------------------------------------------------

// {title, body, tag, url, room?, replaces?}: one notification for each tag, so a room never piles up. `replaces`: only takes
// the place of one that is still shown.
self.addEventListener("push", (event) => event.waitUntil(show(told(event.data))));

function told(data) {
  try {
    return data.json();
  } catch {
    return { title: "Something new", body: "", tag: "news", url: "/" };
  }
}

async function show({ title, body, tag, url, room, replaces = false }) {
  const shown = await self.registration.getNotifications({ tag });
  if (replaces && !shown.length) return; // it was read or dismissed: nothing to take back
  if (room && (await isInFront(room))) return;
  await self.registration.showNotification(title, { body, tag, icon: SITE.icon, badge: SITE.badge, silent: true, renotify: !replaces, data: { url, room } });
}

/** Whether somebody looks at this room in this browser now. */
async function isInFront(room) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.some(({ focused, visibilityState, url }) => focused && visibilityState === "visible" && new URL(url).pathname.startsWith(`/r/${room}/`));
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data?.url ?? "/", self.location.origin)));
});

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === url.pathname);
  if (there) return there.focus();
  return self.clients.openWindow(url.href);
}

// Service worker: a reload of a running sitting works without network. Nothing else is answered here.
//
// The page itself puts into the cache what it needs (sitting/offline.js). As soon as anyone signs in
// or out on this device, all of it is thrown away: the next person finds no paper of another.

const CACHE = "sg-sitting-1";
const SITTING = /^\/attempts\/\d+$/;
const FILES = new Set(["script", "style", "image"]);
const GATEWAY = new Set([502, 503, 504]);
const forget = (new URL(self.location).searchParams.get("forget") ?? "").split(" ");

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

/** From the network; from the cache only where there is none, or nothing behind the gateway. */
async function networkFirst(request, key) {
  try {
    const response = await fetch(request);
    if (!GATEWAY.has(response.status)) return response;
    return (await caches.match(key, { ignoreVary: true })) ?? response;
  } catch (error) {
    const kept = await caches.match(key, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method !== "GET") {
    if (forget.includes(pathname)) event.waitUntil(caches.delete(CACHE));
    return;
  }
  if (request.mode === "navigate" && SITTING.test(pathname)) {
    event.respondWith(networkFirst(request, pathname));
  } else if (FILES.has(request.destination)) {
    event.respondWith(networkFirst(request, pathname + search));
  }
});

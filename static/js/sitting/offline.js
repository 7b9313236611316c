// Offline: what a reload without network needs. Works where service workers do: https or localhost.
//
// The paper lies in the browser's cache storage beside the page itself; the service worker throws
// both away as soon as anyone signs in or out on this device.

const CACHE = "sg-sitting-1";

const isAble = "serviceWorker" in navigator && "caches" in globalThis && isSecureContext;

export class Offline {
  /** `page`: address of the sitting; `forget`: addresses at which people sign in and out. */
  constructor({ page, forget }) {
    this.page = page;
    this.paper = `${page}/paper`; // a key of the cache, not an address
    this.forget = forget;
    this.isReady = false;
  }

  /** Register the worker; whether a reload without network will work is in `isReady`. */
  async prepare() {
    if (!isAble) return;
    try {
      const worker = `/sw.js?forget=${encodeURIComponent(this.forget)}`;
      await navigator.serviceWorker.register(worker, { scope: "/" });
      await navigator.serviceWorker.ready;
    } catch {
      return;
    }
    this.isReady = await this.#keepPage();
  }

  async #keepPage() {
    try {
      const cache = await caches.open(CACHE);
      const files = performance
        .getEntriesByType("resource")
        .map((entry) => new URL(entry.name))
        .filter(({ origin, pathname }) => origin === location.origin && /\.(js|css|svg)$/.test(pathname))
        .map(({ pathname, search }) => pathname + search)
        .filter((address) => !address.startsWith("/sw.js"));
      await Promise.all([...new Set(files), this.page].map((address) => cache.add(address)));
      return true;
    } catch {
      return false;
    }
  }

  /** Keep the paper and where its clock stands: {opened, skew, title}. */
  async keep(snapshot) {
    if (!isAble) return;
    try {
      const cache = await caches.open(CACHE);
      await cache.put(this.paper, new Response(JSON.stringify(snapshot)));
    } catch {
      this.isReady = false;
    }
  }

  /** What `keep` kept, or null. */
  async kept() {
    if (!isAble) return null;
    try {
      const found = await caches.match(this.paper);
      return found ? await found.json() : null;
    } catch {
      return null;
    }
  }

  /** The attempt has ended or belongs to someone else: neither page nor paper stays. */
  async end() {
    if (isAble) await caches.delete(CACHE).catch(() => false);
    this.isReady = false;
  }
}

// Offline: what a reload without network needs. Works where service workers do: https or localhost.
//
// The paper lies in the browser's cache storage beside the page itself; the service worker throws
// both away as soon as anyone signs in or out on this device.

import { picturesOf } from "./rich.js";

const CACHE = "sg-sitting-1";

const isAble = "serviceWorker" in navigator && "caches" in globalThis && isSecureContext;

export class Offline {
  /** `page`: address of the sitting; `forget`: addresses at which people sign in and out. */
  constructor({ page, person, forget }) {
    this.page = page;
    this.person = person;
    this.paper = `${page}/paper`; // a key of the cache, not an address
    this.forget = forget;
    this.pictures = [];
    this.isReady = false;
    this.isEnded = false;
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
    if (this.isEnded) await this.end(); // it ended while this was going on
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
      await Promise.allSettled(this.pictures.map((address) => cache.add(address)));
      return true;
    } catch {
      return false;
    }
  }

  /** Keep the paper and where its clock stands: {opened, skew, title}. Its pictures come with the page. */
  async keep(snapshot) {
    if (!isAble) return;
    this.pictures = picturesOf(snapshot.opened.paper.questions);
    try {
      const cache = await caches.open(CACHE);
      await this.#dropOthers(cache);
      const kept = { ...snapshot, person: this.person };
      await cache.put(this.paper, new Response(JSON.stringify(kept)));
      if (this.isEnded) await this.end();
    } catch {
      this.isReady = false;
    }
  }

  /** Papers of whoever sat here before. */
  async #dropOthers(cache) {
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (!pathname.endsWith("/paper")) continue;
      const { person } = await (await cache.match(request)).json();
      if (person === this.person) continue;
      await cache.delete(request);
      await cache.delete(pathname.replace("/paper", ""));
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
    this.isReady = false;
    this.isEnded = true;
    if (!isAble || !(await caches.has(CACHE))) return;
    const cache = await caches.open(CACHE);
    await Promise.all([cache.delete(this.page), cache.delete(this.paper)]);
    const others = (await cache.keys()).some(({ url }) => url.endsWith("/paper"));
    if (!others) await caches.delete(CACHE);
  }
}

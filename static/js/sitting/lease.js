// Lease: without the server to say which window is the newest, one tab of a device may write.

const LASTS_MS = 10_000;
const RENEW_MS = 3000;

export class Lease {
  constructor(person, attempt, tab) {
    this.key = `sg.lease.${person}.${attempt}`;
    this.tab = tab;
    this.timer = 0;
    addEventListener("pagehide", () => this.release());
  }

  #holder() {
    try {
      const lease = JSON.parse(localStorage.getItem(this.key) ?? "null");
      return lease && lease.until > Date.now() ? lease.tab : null;
    } catch {
      return null;
    }
  }

  #write() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ tab: this.tab, until: Date.now() + LASTS_MS }));
    } catch {
      // no storage, so no second tab that could share it
    }
  }

  /** Whether another tab holds it now. */
  isElsewhere() {
    const holder = this.#holder();
    return holder !== null && holder !== this.tab;
  }

  /** Take it, even from another tab: the server has just said that this window is the newest. */
  seize() {
    this.#write();
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.isElsewhere()) this.stop();
      else this.#write();
    }, RENEW_MS);
  }

  /** Take it if it is free; whether this tab holds it now. */
  take() {
    if (this.isElsewhere()) return false;
    this.seize();
    return true;
  }

  stop() {
    clearInterval(this.timer);
  }

  release() {
    this.stop();
    if (this.#holder() === this.tab) localStorage.removeItem(this.key);
  }
}

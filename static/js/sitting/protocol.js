// Protocol: the calls of the API, problem documents, and how long to wait before trying again.

const TIMEOUT_MS = 15_000;
const WAITS_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const UNCERTAIN = new Set([408, 425, 429]); // worth another try, as are all from 500 on

/** Milliseconds to wait after so many failures in a row; never all pages in the same moment. */
export function waitAfter(failures) {
  const wait = WAITS_MS[Math.min(failures, WAITS_MS.length) - 1] ?? WAITS_MS[0];
  return wait * (0.8 + Math.random() * 0.4);
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A random name for an opening of the paper or for a tab. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What came of a call. `kind` is "ok" (with data), "unreachable" (no network), "unavailable"
 * (the server cannot answer now), or "problem" (with code and the document as data).
 */
function outcome(response, data) {
  if (response.ok && data) return { kind: "ok", data };
  if (response.status >= 500 || UNCERTAIN.has(response.status) || !data?.code) {
    return { kind: "unavailable" };
  }
  return { kind: "problem", code: data.code, status: response.status, data };
}

/** The API of one attempt, for the person who is signed in. */
export class Api {
  /** `page`: address of the sitting; `base`: of its API; `person`: who sits. */
  constructor({ base, page, person, csrf }) {
    Object.assign(this, { base, page, person, csrf });
  }

  open(openId, timeout = TIMEOUT_MS) {
    return this.#send("open", { open_id: openId }, timeout);
  }

  save(epoch, ops) {
    return this.#send("answers", { epoch, ops });
  }

  submit(epoch, ops, seqs) {
    return this.#send("submit", { epoch, ops, seqs });
  }

  mark(positions) {
    return this.#send("marks", { positions });
  }

  /** Practice only: whether the saved answer is right, and why. */
  check(position, epoch) {
    return this.#send("check", { position, epoch });
  }

  /** Practice only: all that was explained so far. */
  checks() {
    return this.#fetch(`${this.base}/checks`, {});
  }

  /** State, server time and deadline; also tells whether the server is there. */
  look() {
    return this.#fetch(this.base, {});
  }

  /**
   * Ask the sitting's page for a fresh token. "ok", "signed_out", "other" (someone else is
   * signed in here now), or "unreachable". A GET never opens the paper.
   */
  async refresh() {
    try {
      const response = await fetch(this.page, { cache: "no-store", headers: { Accept: "text/html" } });
      if (response.status === 404 || response.status === 403) return "other";
      if (!response.ok) return "unreachable";
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const there = page.getElementById("sitting");
      if (!there) return "signed_out";
      if (there.dataset.person !== this.person) return "other";
      this.csrf = there.dataset.csrf;
      return "ok";
    } catch {
      return "unreachable";
    }
  }

  async #send(verb, body, timeout) {
    const call = () =>
      this.#fetch(
        `${this.base}/${verb}`,
        {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
          body: JSON.stringify(body),
        },
        timeout,
      );
    const answer = await call();
    if (answer.code !== "csrf") return answer;
    const refreshed = await this.refresh();
    if (refreshed === "ok") return call();
    if (refreshed === "unreachable") return { kind: "unreachable" };
    return { kind: "problem", code: refreshed === "other" ? "not_found" : "signed_out", data: {} };
  }

  async #fetch(address, options, timeout = TIMEOUT_MS) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout);
    try {
      const response = await fetch(address, {
        ...options,
        credentials: "same-origin",
        redirect: "error",
        signal: stop.signal,
      });
      const data = await response.json().catch(() => null);
      return outcome(response, data);
    } catch {
      return { kind: "unreachable" };
    } finally {
      clearTimeout(timer);
    }
  }
}

// Sender: empties the queue towards the server, one request at a time, as often as it takes.

import { waitAfter } from "./protocol.js";

const GATHER_MS = 150; // answers given in one breath go in one request
const MOST_OPS = 50;

export class Sender {
  /**
   * `on`: {saved(data, hadAnswers), waiting(answer, failures), refused(answer, ops)}; what is
   * refused for good (stale, closed, signed out …) stops the sender until `start`.
   */
  constructor({ api, queue, on }) {
    Object.assign(this, { api, queue, on });
    this.failures = 0;
    this.isBusy = false;
    this.isStopped = true;
    this.oneByOne = false;
    this.asks = false;
    this.hopeless = new Set(); // "position.seq" that the server will never take
    this.timer = 0;
  }

  /** `failures`: 1 asks the server whether it is there, even where nothing waits. */
  start(epoch, failures = 0) {
    this.epoch = epoch;
    this.isStopped = false;
    this.failures = failures;
    this.poke(0);
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Send soon; `wait` 0 when the network has just returned. */
  poke(wait = GATHER_MS) {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#send(), wait);
  }

  /** Ask the server how things stand, even where nothing waits: a sleeping computer stops clocks. */
  ask() {
    this.asks = true;
    this.poke(0);
  }

  /** The browser says that the network has gone: say so before an answer has to wait for it. */
  lost() {
    if (this.isStopped) return;
    this.failures ||= 1;
    this.on.waiting({ kind: "unreachable" }, this.failures);
    this.poke(waitAfter(this.failures));
  }

  /** Operations that are worth sending. */
  pending() {
    return this.queue.unsent().filter(({ position, seq }) => !this.hopeless.has(`${position}.${seq}`));
  }

  async #send() {
    const pending = this.pending().slice(0, this.oneByOne ? 1 : MOST_OPS);
    if (this.isBusy || this.isStopped || (!pending.length && !this.failures && !this.asks)) return;
    this.isBusy = true;
    this.asks = false;
    const epoch = this.epoch;
    const answer = pending.length ? await this.api.save(epoch, pending) : await this.api.look();
    this.isBusy = false;
    if (this.isStopped || epoch !== this.epoch) return;
    if (answer.kind === "ok") this.#took(answer, pending);
    else if (answer.kind === "problem") this.#refused(answer, pending);
    else this.#failed(answer);
  }

  #took(answer, pending) {
    this.failures = 0;
    this.oneByOne = false;
    if (answer.data.epoch > this.epoch) {
      // recorded, perhaps beaten by a newer window: opening anew tells which
      this.stop();
      this.on.refused({ kind: "problem", code: "stale_epoch", data: {} }, pending);
      return;
    }
    if (pending.length) this.queue.acknowledge(answer.data.acked);
    this.on.saved(answer.data, pending.length > 0);
    if (this.pending().length) this.poke();
  }

  #failed(answer) {
    this.failures += 1;
    this.on.waiting(answer, this.failures);
    this.poke(waitAfter(this.failures));
  }

  #refused(answer, pending) {
    if (answer.code !== "stale_epoch") this.queue.acknowledge(answer.data.acked ?? []);
    if (answer.status === 422 && pending.length > 1) {
      this.oneByOne = true; // one bad answer must not hold up the others
      this.poke(0);
      return;
    }
    if (answer.status === 422 && pending.length) {
      this.hopeless.add(`${pending[0].position}.${pending[0].seq}`);
      this.poke(0);
    } else {
      this.stop();
    }
    this.on.refused(answer, pending);
  }
}

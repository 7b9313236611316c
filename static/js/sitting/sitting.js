// Sitting: opening the paper, and what the candidate does with it.

import { over, timeUp } from "./ending.js";
import { check, recall } from "./practice.js";
import { newId, pause, waitAfter } from "./protocol.js";
import { choose } from "./resume.js";
import { State } from "./state.js";
import { foreign, isOvertaken, refused, signedOut, stale, waiting } from "./trouble.js";
import { say } from "./words.js";

const QUICK_MS = 5000; // how long to wait for the server where the paper lies on this device
const LEASE_LOOK_MS = 3000;
const ASLEEP_MS = 60_000; // after so long out of sight the page asks the server how things stand

export class Sitting {
  /**
   * `parts`: api, queue, lease, clock, offline, sender, status, view, signIn, isPractice.
   *
   * mode: "opening"; "open" and "signed_out" take answers; "stale" and "time_up" only show them;
   * "over" has neither paper nor queue any more.
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.mode = "opening";
    addEventListener("online", () => this.sender.poke(0));
    addEventListener("offline", () => this.sender.lost());
    const look = () => {
      if (this.mode === "open" && isOvertaken(this)) stale(this);
    };
    addEventListener("storage", look);
    addEventListener("pageshow", look);
    addEventListener("pagehide", () => this.view.flush());
    let hiddenAt = 0;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        hiddenAt = Date.now();
        this.view.flush();
      } else if (this.mode === "open" && Date.now() - hiddenAt > ASLEEP_MS) this.sender.ask();
    });
  }

  get takesAnswers() {
    return this.mode === "open" || this.mode === "signed_out";
  }

  /** Open the paper; again and again under one name, so that a lost response costs nothing. */
  async open() {
    const openId = newId();
    this.mode = "opening";
    const kept = await this.offline.kept();
    for (let failures = 1; ; failures += 1) {
      const answer = await this.api.open(openId, kept ? QUICK_MS : undefined);
      if (answer.kind === "ok") return this.#opened(answer.data);
      if (answer.kind === "problem") return refused(this, answer);
      if (kept && kept.opened.epoch === this.queue.epoch && !this.state) return this.#resume(kept);
      this.status.strip("cannot_open", {
        bold: say(answer.kind === "unreachable" ? "offline" : "server_away") + say("stop"),
        text: say("cannot_open"),
        more: say("trying", { n: failures }),
      });
      await pause(waitAfter(failures));
    }
  }

  async #opened(data) {
    const doubts = this.queue.begin(data.epoch, data.answers);
    this.lease.seize();
    this.clock.sync(data.server_now, data.deadline_at);
    this.snapshot = { opened: data, skew: Date.parse(data.server_now) - Date.now() };
    const { marks } = this.queue;
    if (!marks || marks.isSent) this.queue.keepMarks(data.marked ?? [], true);
    this.#show(data);
    if (this.mode !== "open") return;
    if (this.sender.pending().length) this.status.saving();
    else this.status.fresh();
    this.sender.start(data.epoch);
    this.sendMarks();
    this.keepOffline();
    if (this.isPractice) recall(this);
    if (!doubts.length) return;
    const chosen = await choose(this.view.doubts, doubts, this.state);
    this.queue.settle(chosen, data.answers);
    for (const [position, value] of this.queue.values()) this.state.values.set(position, value);
    this.view.redraw();
    if (this.sender.pending().length) this.status.saving();
    this.sender.poke(0);
  }

  /** From now on a reload works without network, where the browser allows it. */
  keepOffline() {
    this.offline.keep(this.snapshot);
    this.offline.prepare();
  }

  /** Reloaded without network: the paper lies on this device, and goes on in the same epoch. */
  async #resume(kept) {
    this.snapshot = kept;
    this.clock.sync(Date.now() + kept.skew, kept.opened.deadline_at);
    this.offline.isReady = true;
    this.#show(kept.opened);
    if (!this.lease.take()) {
      stale(this, "leased");
      while (this.mode === "stale" && !this.lease.take()) await pause(LEASE_LOOK_MS);
      if (this.mode !== "stale") return;
      this.queue.reload();
      this.#show(kept.opened);
    }
    if (this.mode === "time_up") timeUp(this);
    if (this.mode !== "open") return;
    waiting(this, { kind: "unreachable" }, 1);
    this.sender.start(kept.opened.epoch, 1);
  }

  #show(opened) {
    const position = this.state?.current ?? (this.view.first || this.queue.place);
    this.state = new State(opened, this.queue.values(), this.queue.marks?.positions ?? []);
    this.state.go(position);
    this.isRecalled = false;
    this.mode = this.clock.left() ? "open" : "time_up";
    this.status.clear();
    this.view.show(this.state, this);
    this.view.lock(this.mode !== "open");
  }

  // --- what the candidate does ---------------------------------------------------

  answer(value) {
    if (!this.takesAnswers || this.state.told()) return;
    if (isOvertaken(this)) {
      stale(this);
      return;
    }
    const position = this.state.current;
    this.state.values.set(position, value);
    this.queue.put(position, value, this.state.known(position));
    this.view.update();
    if (this.status.kind === "offline") waiting(this, this.lastFailure, this.sender.failures);
    else if (this.status.kind) this.status.waiting(this.queue.unsent().length);
    else this.status.saving();
    this.sender.poke();
  }

  go(position) {
    if (position === this.state.current || position < 1 || position > this.state.count) return;
    this.view.flush();
    this.state.go(position);
    if (this.takesAnswers) this.queue.keepPlace(position);
    this.view.redraw({ focus: true });
  }

  mark() {
    if (!this.takesAnswers) return;
    const isMarked = this.state.toggleMark();
    this.view.update();
    this.status.announce(say(isMarked ? "marked" : "unmarked"));
    this.queue.keepMarks(this.state.marked(), false);
    this.sendMarks();
  }

  /** Marks are a help, not an answer: sent as far as it works. */
  async sendMarks() {
    const { marks } = this.queue;
    if (!marks || marks.isSent) return;
    const answer = await this.api.mark(marks.positions);
    if (answer.kind === "ok" && this.queue.marks === marks) this.queue.keepMarks(marks.positions, true);
  }

  /** Practice: what there is to say about the answer. */
  check() {
    check(this);
  }

  handIn() {
    if (this.mode !== "open") return;
    this.view.flush();
    this.view.summary.show(this.queue.unsent().length);
  }

  // --- what comes back from the server -------------------------------------------

  /** The server has taken what was sent, or just answered again. */
  saved(data, hadAnswers) {
    if (data.state && data.state !== "in_progress") {
      over(this, null);
      return;
    }
    if (data.server_now && data.deadline_at) this.clock.sync(data.server_now, data.deadline_at);
    this.status.clear("offline");
    if (this.sender.pending().length) this.status.saving();
    else if (hadAnswers) this.status.saved(data.server_now);
    else this.status.fresh();
    this.view.summary.refresh(this.queue.unsent().length);
    this.sendMarks();
    if (this.isPractice) recall(this);
  }

  waiting(answer, failures) {
    waiting(this, answer, failures);
  }

  refused(answer, pending) {
    if (answer.code === "signed_out") signedOut(this);
    else if (answer.status === 404) foreign(this);
    else refused(this, answer, pending);
  }
}

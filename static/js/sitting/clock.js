// Clock: the time that is left, counted from the server's clock with a timer nobody can set.

import { say } from "./words.js";

const LAST_MINUTES = 5; // red from here on
const SPOKEN_MINUTES = [10, 5, 1];
const TICK_MS = 250;
const DRIFT_MS = 1500; // smaller differences are the network's

/** 32:15, or 1:02:15 for an hour and more. */
function digits(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

export class Clock {
  /**
   * `plate`: .sg-clock, with data-untimed where nothing is counted down; `announce`: says a sentence
   * aloud; `onEnd`: called once, at the deadline.
   */
  constructor({ plate, announce, onEnd }) {
    Object.assign(this, { plate, announce, onEnd });
    this.isUntimed = "untimed" in plate.dataset;
    this.shown = null;
    this.deadline = null;
    this.spoken = new Set();
  }

  get isRunning() {
    return this.deadline !== null;
  }

  /** The server's time now, in milliseconds. */
  now() {
    return this.atServer + (performance.now() - this.atPage);
  }

  /** Whole seconds that are left; 0 when time is up. */
  left() {
    return Math.max(0, Math.ceil((this.deadline - this.now()) / 1000));
  }

  /** Take the server's word; the first one starts the clock. */
  sync(serverNow, deadline) {
    const now = typeof serverNow === "number" ? serverNow : Date.parse(serverNow);
    const isFirst = !this.isRunning;
    if (isFirst || Math.abs(this.now() - now) > DRIFT_MS) {
      this.atServer = now;
      this.atPage = performance.now();
    }
    this.deadline = Date.parse(deadline);
    if (isFirst) {
      if (!this.isUntimed) this.plate.querySelector("span").textContent = say("time_left");
      this.#passed(); // what lies behind already is not announced
      this.timer = setInterval(() => this.tick(), TICK_MS);
    }
    this.tick();
  }

  /** The smallest of the minutes to be announced that has just been passed, each once. */
  #passed() {
    const passed = SPOKEN_MINUTES.filter((minutes) => this.left() <= minutes * 60 && !this.spoken.has(minutes));
    for (const minutes of passed) this.spoken.add(minutes);
    return passed.at(-1);
  }

  tick() {
    const left = this.left();
    if (left === this.shown) return;
    this.shown = left;
    if (!this.isUntimed) this.#show(left);
    if (left === 0) {
      this.stop();
      this.onEnd();
    }
  }

  #show(left) {
    this.plate.querySelector("b").textContent = digits(left);
    this.plate.classList.toggle("sg-clock--last", left <= LAST_MINUTES * 60);
    const minutes = this.#passed();
    if (minutes && left > 0) this.announce(say("minutes_left", { n: minutes }));
  }

  stop() {
    clearInterval(this.timer);
  }

  /** 18 分 40 秒. */
  sentence() {
    const left = this.left();
    const values = { m: Math.floor(left / 60), s: left % 60 };
    return say(values.m ? "span" : "span_seconds", values);
  }
}

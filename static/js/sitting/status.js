// Status: the state of saving in words, and the strip under the top bar when something is amiss.

import { fromTemplate, say, timeText } from "./words.js";

export class Status {
  constructor({ save, net, live }) {
    Object.assign(this, { save, net, live });
    this.kind = "";
  }

  /** Say a sentence aloud without showing it. */
  announce(sentence) {
    this.live.textContent = sentence;
  }

  #word(kind, sentence) {
    const icon = fromTemplate(kind === "saved" ? "icon-check" : "icon-warn");
    this.save.classList.toggle("sg-save--wait", kind !== "saved");
    this.save.replaceChildren(...(kind === "saving" ? [] : [icon]), sentence);
  }

  saving() {
    this.#word("saving", say("saving"));
  }

  /** Only ever called upon the server's acknowledgement. */
  saved(serverNow) {
    this.#word("saved", say("saved", { time: timeText(serverNow) }));
  }

  fresh() {
    this.#word("saved", say("ready"));
  }

  /** `why`: what stands in the way, where no answer waits. */
  waiting(count, why = say("offline")) {
    this.#word("waiting", count ? say("n_waiting", { n: count }) : why);
  }

  /** A word that nothing is being saved any more, and why. */
  ended(sentence) {
    this.#word("ended", sentence);
  }

  /**
   * The strip: `bold` and `text` are sentences, `more` a quieter one, `action` {word, run} a button
   * or {word, href} a link that opens beside this page. The same kind is only updated.
   */
  strip(kind, { bold, text, more = "", action = null, role = "status" }) {
    const isNew = this.kind !== kind || !this.net.firstElementChild;
    this.kind = kind;
    if (isNew) this.#build(kind, action, role);
    const slot = (name) => this.net.querySelector(`[data-slot=${name}]`);
    for (const [name, sentence] of [["bold", bold], ["text", text], ["more", more]]) {
      if (slot(name).textContent !== sentence) slot(name).textContent = sentence;
    }
    this.net.hidden = false;
  }

  #build(kind, action, role) {
    const strip = fromTemplate("strip");
    strip.prepend(fromTemplate(kind === "offline" ? "icon-offline" : "icon-warn"));
    const button = strip.querySelector("[data-slot=button]");
    const link = strip.querySelector("[data-slot=link]");
    button.hidden = !action?.run;
    link.hidden = !action?.href;
    if (action?.run) {
      button.textContent = action.word;
      button.addEventListener("click", action.run);
    }
    if (action?.href) {
      link.textContent = action.word;
      link.href = action.href;
    }
    this.net.setAttribute("role", role);
    this.net.replaceChildren(strip);
  }

  clear(kind = this.kind) {
    if (kind !== this.kind) return;
    this.kind = "";
    this.net.hidden = true;
    this.net.replaceChildren();
  }
}

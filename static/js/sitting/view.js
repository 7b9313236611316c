// View: the parts of the page in the order in which a candidate meets them.

import { confirm } from "./ending.js";
import { Page } from "./page.js";
import { Sheet } from "./sheet.js";
import { Summary } from "./submit.js";
import { fill, fromTemplate, listText, momentText, say } from "./words.js";

const byId = (id) => document.getElementById(id);

export class View {
  /** `title`: of the exam; `resultUrl`: where the result is shown; `first`: question asked for, or 0. */
  constructor({ clock, title, first, resultUrl, isPractice }) {
    Object.assign(this, { clock, title, first, resultUrl, isPractice });
    this.stage = byId("stage");
    this.drawer = byId("sheet-drawer");
    this.doubts = byId("doubts");
    this.thumb = byId("thumb");
    this.handIn = byId("hand-in");
  }

  /** The paper is being opened. */
  loading() {
    this.stage.replaceChildren(fromTemplate("loading"));
    this.thumb.hidden = true;
    this.handIn.hidden = true;
  }

  /** Show the paper; `sitting` does what the candidate asks for. */
  show(state, sitting) {
    this.state = state;
    const stage = fromTemplate("stage");
    this.stage.replaceChildren(stage);
    const act = {
      answer: (value) => sitting.answer(value),
      go: (position) => sitting.go(position),
      mark: () => sitting.mark(),
      check: () => sitting.check(),
      handIn: () => sitting.handIn(),
    };
    this.page?.retire();
    this.page = new Page({ slot: stage.querySelector("[data-slot=question]"), state, act, title: this.title, isPractice: this.isPractice });
    const go = (position) => {
      if (this.drawer.open) this.drawer.close();
      act.go(position);
    };
    this.sheet = new Sheet({
      state,
      places: [stage.querySelector("[data-slot=grid]"), this.drawer.querySelector("[data-slot=grid]")],
      counts: [
        { element: stage.querySelector("[data-slot=count]"), name: "sheet_count" },
        { element: this.drawer.querySelector("[data-slot=count]"), name: "drawer_count" },
        { element: this.thumb.querySelector("[data-slot=count]"), name: "thumb_count" },
      ],
      go,
    });
    this.summary = new Summary({
      dialog: byId("summary"), state, clock: this.clock, act: { go, confirm: () => confirm(sitting) },
    });
    this.#buttons(act);
    this.page.draw({ focus: true });
    this.#ends();
  }

  #buttons(act) {
    this.handIn.hidden = false;
    this.thumb.hidden = false;
    const open = () => {
      this.flush();
      this.drawer.showModal();
    };
    const verbs = {
      prev: () => act.go(this.state.current - 1),
      next: () => act.go(this.state.current + 1),
      sheet: open,
      check: act.check,
      summary: act.handIn,
    };
    for (const [verb, run] of Object.entries(verbs)) {
      for (const button of document.querySelectorAll(`[data-verb=${verb}]`)) {
        button.onclick = (event) => {
          event.preventDefault();
          if (button.closest("dialog")) button.closest("dialog").close();
          run();
        };
      }
    }
  }

  /** At either end of the paper the buttons at the bottom change. */
  #ends() {
    this.thumb.querySelector("[data-verb=prev]").classList.toggle("invisible", this.state.current === 1);
    for (const button of this.thumb.querySelectorAll("[data-verb=check], [data-verb=next], [data-verb=summary]")) {
      button.hidden = button.dataset.verb !== this.page.step;
    }
  }

  /** Draw the present question anew. */
  redraw({ focus = false } = {}) {
    this.page.draw({ focus });
    this.sheet.draw();
    this.#ends();
  }

  /** An answer or a mark has changed; the inputs show it already. */
  update() {
    this.page.drawMark();
    this.sheet.draw();
  }

  /** Practice: a sentence below the choices; "" for none. */
  remark(sentence) {
    this.page.remark(sentence);
  }

  /** Practice: go to what was just said of the answer. */
  showTold() {
    this.page.showTold();
  }

  /** Take over what is being typed. */
  flush() {
    this.page?.flush();
  }

  lock(isLocked) {
    this.page?.lock(isLocked);
    this.handIn.hidden = isLocked;
    for (const button of document.querySelectorAll("[data-verb=summary]")) button.disabled = isLocked;
  }

  /** The last thing this page shows. `kind`: done, auto, closed, foreign. */
  end(kind, { data = null, lost = [], state = null } = {}) {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    this.page?.retire();
    this.thumb.hidden = true;
    this.handIn.hidden = true;
    byId("save").hidden = true;
    byId("clock").hidden = true;
    byId("untimed")?.remove();
    const ended = fill(fromTemplate("ended"), {
      title: say(`end_${kind}`),
      text: say(`end_${kind}_text`) + (data?.state === "submitted" ? say("end_waits") : ""),
      lost: lost.length ? say("lost", { list: listText(lost, 50) }) : "",
    });
    ended.querySelector("[data-part=lost]").hidden = lost.length === 0;
    const facts = ended.querySelector("[data-part=receipt]");
    facts.hidden = !data?.receipt;
    if (data?.receipt) {
      fill(facts, {
        time: momentText(data.receipt.submitted_at),
        count: say("n_of_m", { n: state.answered(), m: state.count }),
        paper: data.receipt.paper,
        answers: data.receipt.answers,
        kid: data.receipt.kid,
      });
    }
    ended.querySelector("a").hidden = kind === "foreign";
    ended.querySelector("a").href = this.resultUrl;
    this.stage.replaceChildren(ended);
    document.title = `${say(`end_${kind}`)} · ${this.title}`;
    byId("main").focus();
  }
}

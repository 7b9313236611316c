// Submit: what is still open before handing in, and the handing in itself.

import { pause, waitAfter } from "./protocol.js";
import { listText, say } from "./words.js";

/** The dialog that shows unanswered and marked questions before anything is final. */
export class Summary {
  /** `act`: {go(position), confirm()}. */
  constructor({ dialog, state, clock, act }) {
    Object.assign(this, { dialog, state, clock, act });
    this.confirm = dialog.querySelector("[data-act=confirm]");
    this.back = dialog.querySelector("[data-act=back]");
    this.confirm.addEventListener("click", () => act.confirm());
    this.back.addEventListener("click", () => this.#leave(this.state.open()[0]));
    this.isBusy = false;
    dialog.addEventListener("cancel", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  show(unsent) {
    this.say("");
    this.draw(unsent);
    if (!this.dialog.open) this.dialog.showModal();
    (this.state.open().length ? this.back : this.confirm).focus();
  }

  draw(unsent) {
    const { state, clock } = this;
    const open = state.open();
    const slot = (name) => this.dialog.querySelector(`[data-slot=${name}]`);
    slot("title").textContent = open.length ? say("ask_open", { n: open.length }) : say("ask_done");
    slot("text").textContent = say(open.length ? "text_open" : "text_done", { span: clock.sentence() });
    slot("done").textContent = say("n_questions", { n: state.answered() });
    this.refresh(unsent);
    slot("left").textContent = say("n_questions", { n: open.length });
    slot("left").classList.toggle("sg-deadline", open.length > 0);
    slot("marked").textContent = say("n_questions", { n: state.marks.size });
    slot("left-jump").replaceChildren(...open.map((position) => this.#jump(position)));
    slot("marked-jump").replaceChildren(...state.marked().map((position) => this.#jump(position)));
    this.confirm.classList.toggle("btn-primary", !open.length);
    this.confirm.classList.toggle("btn-outline", open.length > 0);
    this.back.classList.toggle("btn-primary", open.length > 0);
    this.back.classList.toggle("btn-outline", !open.length);
    this.back.textContent = open.length ? say("back_to", { n: open[0] }) : say("back");
  }

  /** How much still waits to be sent; also while the dialog is open. */
  refresh(unsent) {
    const slot = this.dialog.querySelector("[data-slot=saved]");
    slot.textContent = unsent ? say("n_waiting", { n: unsent }) : say("all_saved");
  }

  #jump(position) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#q${position}`;
    link.textContent = position;
    link.setAttribute("aria-label", say("go_to", { n: position }));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.#leave(position);
    });
    item.append(link);
    return item;
  }

  #leave(position) {
    this.dialog.close();
    if (position) this.act.go(position);
  }

  /** A sentence about the handing in, inside the dialog; "" for none. */
  say(sentence) {
    const place = this.dialog.querySelector("[data-slot=problem]");
    place.hidden = !sentence;
    place.querySelector("div").textContent = sentence;
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    this.confirm.disabled = isBusy;
    this.back.disabled = isBusy;
    this.confirm.textContent = say(isBusy ? "handing_in" : "confirm");
  }

  close() {
    this.busy(false);
    if (this.dialog.open) this.dialog.close();
  }
}

/**
 * Hand in: the queue goes along, and the receipt covers it. `tries`: how often to try again while
 * the server cannot be reached. The last outcome, as `Api` returns it.
 */
export async function deliver({ api, queue, epoch, tries, onTry }) {
  let missed = 0;
  for (let failures = 0; ; ) {
    const answer = await api.submit(epoch, queue.unsent(), queue.seqs());
    if (answer.kind === "ok") return answer;
    if (answer.kind === "problem") {
      if (answer.code !== "stale_epoch") queue.acknowledge(answer.data.acked ?? []);
      if (answer.code !== "missing" || missed > 0) return answer;
      missed += 1;
      queue.resend(answer.data.positions ?? []);
      continue;
    }
    failures += 1;
    if (failures >= tries) return answer;
    onTry(failures);
    await pause(waitAfter(failures));
  }
}

/** Why handing in did not work, in words. */
export function refusal(answer) {
  if (answer.kind === "unreachable") return say("submit_unreachable");
  if (answer.kind === "unavailable") return say("submit_unavailable");
  if (answer.code === "missing") {
    return say("submit_missing", { list: listText(answer.data.positions ?? []) });
  }
  return answer.data.detail || say("submit_unavailable");
}

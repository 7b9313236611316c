// Page: the question on the screen, and the keys that work on it. Text goes in as text, rich text by rich.js.

import { tell } from "./practice.js";
import { show } from "./rich.js";
import { fill, fromTemplate, say } from "./words.js";
import { tidyText, tidyValue } from "./state.js";

const TYPING_MS = 500; // a blank or a text is sent when the typing rests

/** Choices of a question: [{key, text, html, value}]. */
function choices(question) {
  if (question.type !== "true_false") {
    return question.options.map(({ key, text }, at) => ({ key, text, html: question.html?.options[at], value: key }));
  }
  return [
    { key: "A", text: say("is_true"), value: true },
    { key: "B", text: say("is_false"), value: false },
  ];
}

/** Show material and stem of a rich question: a table may not stand in a legend. */
function enrich(form, { passage, stem }) {
  show(form.querySelector("[data-slot=passage]"), passage);
  const place = document.createElement("div");
  Object.assign(place, { className: "sg-q__stem sg-rich", id: "q-stem", tabIndex: -1 });
  show(place, stem);
  form.querySelector("legend").replaceWith(place);
  form.querySelector("fieldset").setAttribute("aria-labelledby", place.id);
}

export class Page {
  /** `act`: {answer(value), go(position), mark(), check(), handIn()}. */
  constructor({ slot, state, act, title, isPractice }) {
    Object.assign(this, { slot, state, act, title, isPractice });
    this.isLocked = false;
    this.typing = 0;
    this.folded = ""; // the passage that the candidate has folded away
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** The page shows something else from now on. */
  retire() {
    this.listening.abort();
    clearTimeout(this.typing);
  }

  /** Draw the present question; `focus`: put the focus on its stem, so that it is read out. */
  draw({ focus = true } = {}) {
    this.flush();
    const { state } = this;
    const question = state.question();
    const form = fromTemplate("question");
    fill(form, {
      number: say("question_n", { n: question.position }),
      total: say("of_total", { n: state.count }),
      kind: say("kind_marks", { type: say(question.type), marks: question.marks }),
      passage: question.passage,
      stem: question.stem,
      hint: say(`hint_${question.type}`),
    });
    if (question.html) enrich(form, question.html);
    const place = form.querySelector(".sg-options");
    const draw = { fill_in: this.#blanks, short_answer: this.#essay }[question.type] ?? this.#options;
    place.append(...draw.call(this, question));
    this.#material(form, question.passage);
    this.#steps(form);
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("change", (event) => {
      if (event.target.name === "a") this.flush();
    });
    this.slot.replaceChildren(form);
    this.form = form;
    this.drawMark();
    this.lock(this.isLocked);
    document.title = `${say("question_n", { n: question.position })} · ${this.title}`;
    if (focus) form.querySelector(".sg-q__stem").focus({ preventScroll: true });
    if (focus) scrollTo({ top: 0 });
  }

  /** What the primary button does now: check (in practice, before the explanation), next or summary. */
  get step() {
    const { state } = this;
    if (this.isPractice && !state.told()) return "check";
    return state.current === state.count ? "summary" : "next";
  }

  #steps(form) {
    const { state, step } = this;
    const isLast = state.current === state.count;
    const button = (verb) => form.querySelector(`.sg-q__nav [value=${verb}]`);
    button("prev").hidden = state.current === 1;
    button("next").hidden = isLast;
    button("summary").hidden = !isLast;
    if (!this.isPractice) return;
    button("check").hidden = step !== "check";
    for (const verb of ["next", "summary"]) {
      button(verb).classList.toggle("btn-primary", step === verb);
      button(verb).classList.toggle("btn-outline", step !== verb);
    }
    button("next").classList.toggle("sg-hide-phone", step === "next"); // there it is at the thumb
    if (state.told()) tell(form.querySelector("[data-slot=explained]"), state.told(), state.question());
  }

  /** Practice: a sentence below the choices; "" for none. */
  remark(sentence) {
    const place = this.form.querySelector("[data-slot=remark]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** Practice: the verdict is read out, and seen. */
  showTold() {
    const verdict = this.form.querySelector("[data-part=verdict]");
    verdict.focus({ preventScroll: true });
    verdict.scrollIntoView({ block: "center" });
  }

  #options(question) {
    const isBox = question.type === "multiple";
    const chosen = [this.state.value() ?? []].flat();
    return choices(question).map(({ key, text, html, value }) => {
      const option = fill(fromTemplate(isBox ? "box" : "radio"), { key, text });
      if (html) show(option.querySelector("[data-slot=text]"), html);
      const input = option.querySelector("input");
      input.value = key;
      input.checked = chosen.includes(value);
      input.addEventListener("change", () => this.act.answer(this.#read()));
      return option;
    });
  }

  #blanks(question) {
    const texts = this.state.value() ?? [];
    return Array.from({ length: question.blanks }, (_, index) => {
      const blank = fill(fromTemplate("blank"), { label: say("blank_n", { n: index + 1 }) });
      const input = blank.querySelector("input");
      input.value = texts[index] ?? "";
      this.#whileTyping(input);
      return blank;
    });
  }

  #essay() {
    const essay = fromTemplate("essay");
    const input = essay.querySelector("textarea");
    input.value = this.state.value() ?? "";
    this.#whileTyping(input);
    return [essay];
  }

  /** Take over what is typed when the typing rests. */
  #whileTyping(input) {
    input.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.flush(), TYPING_MS);
    });
  }

  /** The material of the question; once folded away it stays so for the others that share it. */
  #material(form, passage) {
    const box = form.querySelector("[data-part=passage]");
    box.hidden = !passage;
    if (!passage) return;
    box.open = this.folded !== passage;
    box.addEventListener("toggle", () => {
      if (!box.open) this.folded = passage;
      else if (this.folded === passage) this.folded = "";
    });
  }

  /** Take over what is being typed right now. */
  flush() {
    if (!this.typing) return;
    clearTimeout(this.typing);
    this.typing = 0;
    this.act.answer(this.#read());
  }

  /** The value that the inputs show. */
  #read() {
    const question = this.state.question();
    const inputs = [...this.form.querySelectorAll("[name=a]")];
    if (question.type === "fill_in") return tidyValue(inputs.map((input) => input.value.trim()));
    if (question.type === "short_answer") return tidyText(inputs[0].value);
    const keys = inputs.filter((input) => input.checked).map((input) => input.value);
    if (question.type === "multiple") return tidyValue(keys);
    if (!keys.length) return null;
    return question.type === "true_false" ? keys[0] === "A" : keys[0];
  }

  drawMark() {
    const isMarked = this.state.marks.has(this.state.current);
    const button = this.form.querySelector("[value=flag]");
    button.setAttribute("aria-pressed", String(isMarked));
    button.querySelector("svg").classList.toggle("sg-i--on", isMarked);
    fill(button, { mark: say(isMarked ? "marked" : "mark") });
  }

  /** Read-only: the answers are seen, and none can be changed. */
  lock(isLocked) {
    this.isLocked = isLocked;
    if (!this.form) return;
    const isTold = Boolean(this.state.told());
    this.form.querySelector("fieldset").disabled = isLocked || isTold;
    this.form.querySelector("[value=flag]").hidden = isLocked;
    this.form.querySelector("[value=clear]").hidden = isLocked || isTold;
  }

  clear() {
    clearTimeout(this.typing);
    this.typing = 0;
    this.act.answer(null);
    this.draw({ focus: false });
  }

  #submitted(event) {
    event.preventDefault();
    const verb = event.submitter?.value ?? "next";
    const { current } = this.state;
    if (verb === "prev") this.act.go(current - 1);
    if (verb === "next") this.act.go(current + 1);
    if (verb === "flag") this.act.mark();
    if (verb === "clear") this.clear();
    if (verb === "check") this.act.check();
    if (verb === "summary") this.act.handIn();
  }

  /** ←→ change the question, 1–8 choose, space marks, Enter goes on; typing stays typing. */
  #key(event) {
    const { target, key } = event;
    if (!this.form || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || target.matches?.("textarea")) return;
    const isTyping = target.matches?.("input[type=text]");
    const isControl = target.matches?.("a, button, summary") || target.matches?.("input:focus-visible");
    const { current } = this.state;
    if (key === "Enter" && !target.matches?.("a, button, summary")) this.#forward();
    else if (isTyping) return;
    else if (key === "ArrowLeft") this.act.go(current - 1);
    else if (key === "ArrowRight") this.act.go(current + 1);
    else if (key === " " && !isControl) this.act.mark();
    else if (/^[1-8]$/.test(key)) this.#choose(Number(key));
    else return;
    event.preventDefault();
  }

  #forward() {
    if (this.step === "check") this.act.check();
    else this.act.go(this.state.current + 1);
  }

  #choose(number) {
    const input = this.form.querySelectorAll(".sg-option input")[number - 1];
    if (input && !input.matches(":disabled")) input.click();
  }
}

// Sheet: the answer sheet 答题卡, beside the question and, on phones, in a dialog.

import { fill, fromTemplate, say } from "./words.js";

export class Sheet {
  /** `places`: elements that hold a grid each; `counts`: [{element, name}] with a sentence each. */
  constructor({ state, places, counts, go }) {
    Object.assign(this, { state, places, counts });
    this.cells = new Map(); // position → [its links]
    for (const place of places) this.#build(place, go);
    this.draw();
  }

  #build(place, go) {
    const numerals = say("numerals").split(" ");
    place.replaceChildren();
    this.state.sections().forEach(({ type, first, last }, index) => {
      const section = fromTemplate("section");
      const range = first === last ? `${first}` : `${first}–${last}`;
      fill(section, {
        heading: say("section", { n: numerals[index] ?? index + 1, type: say(`section_${type}`), range }),
      });
      const grid = section.querySelector("ol");
      grid.classList.toggle("sg-grid--thumb", "thumb" in place.dataset);
      for (let position = first; position <= last; position += 1) {
        grid.append(this.#cell(position, go));
      }
      place.append(...section.children);
    });
  }

  #cell(position, go) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#q${position}`;
    link.textContent = position;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(position);
    });
    item.append(link);
    this.cells.set(position, [...(this.cells.get(position) ?? []), link]);
    return item;
  }

  draw() {
    const { state } = this;
    for (const [position, links] of this.cells) {
      const words = [say("question_n", { n: position })];
      const told = state.told(position);
      if (told) words.push(say(told.is_right ? "told_right" : "told_wrong"));
      else words.push(say(state.isAnswered(position) ? "answered" : "open"));
      if (state.marks.has(position)) words.push(say("marked"));
      for (const link of links) {
        link.classList.toggle("is-done", state.isAnswered(position) && !told);
        link.classList.toggle("is-right", told?.is_right === true);
        link.classList.toggle("is-wrong", told?.is_right === false);
        link.classList.toggle("is-flag", state.marks.has(position));
        link.setAttribute("aria-label", words.join(say("pause")));
        if (position === state.current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
    const figures = {
      done: state.answered(),
      left: state.open().length,
      marked: state.marks.size,
      all: state.count,
    };
    for (const { element, name } of this.counts) element.textContent = say(name, figures);
  }
}

// Resume: answers that changed on the server while others wait here; the candidate chooses.

import { fill, fromTemplate, valueText, say } from "./words.js";

/**
 * Show both values of every doubt ({position, mine, theirs}) in a dialog that has to be answered.
 * `state` knows the questions. Positions for which the answer of this device was chosen, as a Set.
 */
export function choose(dialog, doubts, state) {
  const list = dialog.querySelector("[data-slot=doubts]");
  list.replaceChildren(
    ...doubts.map(({ position, mine, theirs }) => {
      const doubt = fill(fromTemplate("doubt"), {
        number: say("question_n", { n: position }),
        mine: valueText(mine, state.question(position)),
        theirs: valueText(theirs, state.question(position)),
      });
      for (const input of doubt.querySelectorAll("input")) input.name = `doubt${position}`;
      doubt.querySelector("input[value=theirs]").checked = true;
      return doubt;
    }),
  );
  return new Promise((resolve) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.querySelector("form").addEventListener(
      "submit",
      () => {
        const chosen = doubts.filter(
          ({ position }) => list.querySelector(`input[name=doubt${position}]:checked`).value === "mine",
        );
        resolve(new Set(chosen.map(({ position }) => position)));
      },
      { once: true },
    );
    dialog.showModal();
    list.querySelector("input:checked").focus();
  });
}

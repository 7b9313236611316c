// Practice: the explanation after each answer. It needs the network; the answer is queued as ever.

import { over } from "./ending.js";
import { show } from "./rich.js";
import { refused } from "./trouble.js";
import { fill, fromTemplate, say, valueText } from "./words.js";

/** The key as people read it; of a fill-in, what is accepted in each blank. */
function keyText(key, question) {
  if (question.type !== "fill_in") return valueText(key, question);
  return key.map((texts) => texts.join(say("or"))).join(say("next_blank"));
}

/** Put what the server said of an answer into the page. */
export function tell(place, told, question) {
  const panel = fromTemplate("told");
  const { article, basis, explanation } = told;
  fill(panel, {
    verdict: say(told.is_right ? "told_right" : "told_wrong"),
    key: say("told_key", { key: keyText(told.key, question) }),
    explanation,
    basis: article ? "" : basis,
    law: article ? say("told_law", { law: article.source, label: article.label }) : "",
    corrected: told.corrected ? say(`corrected_${told.corrected}`) : "",
  });
  if (told.explanation_html) show(panel.querySelector("[data-slot=explanation]"), told.explanation_html);
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  part("verdict").classList.toggle("sg-notice--good", told.is_right);
  part("verdict").classList.toggle("sg-notice--bad", !told.is_right);
  part("verdict").querySelector("svg").replaceWith(fromTemplate(told.is_right ? "icon-check" : "icon-close"));
  part("corrected").hidden = !told.corrected;
  part("report").href = document.getElementById("sitting").dataset.report + told.position;
  part("explanation").hidden = !explanation;
  part("basis").hidden = !article && !basis;
  part("article").hidden = !article;
  panel.querySelector("[data-slot=basis]").hidden = Boolean(article);
  const paragraphs = (article?.text ?? "").split("\n").map((text) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    return paragraph;
  });
  panel.querySelector("[data-slot=paragraphs]").replaceChildren(...paragraphs);
  place.replaceChildren(panel);
}

/** Save the answer first where it still waits, then ask for its explanation. */
async function ask(sitting, position) {
  const { api, queue } = sitting;
  const waiting = queue.unsent().filter((operation) => operation.position === position);
  if (waiting.length) {
    const saved = await api.save(queue.epoch, waiting);
    if (saved.kind !== "ok") return saved;
    queue.acknowledge(saved.data.acked);
    sitting.saved(saved.data, true);
  }
  return api.check(position, queue.epoch);
}

/** 看答案: from now on this answer counts, and the question is read-only. */
export async function check(sitting) {
  const { state, view } = sitting;
  view.flush();
  const position = state.current;
  if (state.checks.has(position) || sitting.isChecking) return;
  if (sitting.mode !== "open") return view.remark(say("check_later"));
  if (!state.isAnswered(position)) return view.remark(say("answer_first"));
  sitting.isChecking = true;
  view.lock(true);
  view.remark(say("checking"));
  const answer = await ask(sitting, position);
  sitting.isChecking = false;
  if (sitting.state !== state || sitting.mode !== "open") return;
  view.lock(false);
  view.remark("");
  if (answer.kind === "ok") {
    take(sitting, answer.data);
    view.redraw();
    if (state.current === position) view.showTold();
  } else if (answer.kind === "unreachable") view.remark(say("check_offline"));
  else if (answer.kind === "unavailable") view.remark(say("check_away"));
  else if (answer.code === "not_answered") view.remark(say("answer_first"));
  else if (answer.code === "closed") over(sitting, null);
  else refused(sitting, answer);
}

function take({ state }, told) {
  state.checks.set(told.position, told);
  state.values.set(told.position, told.value);
}

/** What was explained before this page was opened; once it is known, nothing is asked again. */
export async function recall(sitting) {
  if (sitting.isRecalled) return;
  sitting.isRecalled = true;
  const { state } = sitting;
  const answer = await sitting.api.checks();
  if (answer.kind !== "ok") sitting.isRecalled = false;
  if (answer.kind !== "ok" || sitting.state !== state || !answer.data.checks.length) return;
  sitting.view.flush();
  for (const told of answer.data.checks) take(sitting, told);
  sitting.view.redraw();
}

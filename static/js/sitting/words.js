// Words: sentences that the page brought along, translated by the server; names in {braces} are filled in.

const root = document.getElementById("sitting");
const words = { ...JSON.parse(root.dataset.words), ...JSON.parse(root.dataset.practice ?? "{}") };

/** The sentence of this name: say("saved", {time: "10:27"}). */
export function say(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_all, key) => values[key]);
}

const shanghai = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** 10:27 of an instant (ISO text or milliseconds), on the clock of the people. */
export function timeText(instant) {
  return shanghai.format(new Date(instant));
}

const day = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "numeric",
  day: "numeric",
});

/** 2026年11月24日 10:27. */
export function momentText(instant) {
  const parts = day.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]);
  return say("moment", { ...Object.fromEntries(parts), time: timeText(instant) });
}

/** 27、28、30; a long list is cut short with its count. */
export function listText(positions, most = 6) {
  const sorted = [...positions].sort((a, b) => a - b);
  const shown = sorted.slice(0, most).join(say("comma"));
  return sorted.length > most ? say("and_more", { list: shown, n: sorted.length }) : shown;
}

/** A copy of the element inside <template id="t-…">. */
export function fromTemplate(name) {
  return document.getElementById(`t-${name}`).content.firstElementChild.cloneNode(true);
}

/** Write text into the element's [data-slot=name] places; missing ones are left out. */
export function fill(element, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const slot of element.querySelectorAll(`[data-slot="${name}"]`)) slot.textContent = text;
  }
  return element;
}

/** The value of an answer as people read it: "B 20 个工作日", "A、C", 正确, the words typed. */
export function valueText(value, question) {
  if (value === null || value === undefined) return say("not_answered");
  if (value === true) return say("is_true");
  if (value === false) return say("is_false");
  const chosen = question.options.find(({ key }) => key === value);
  return chosen ? `${chosen.key} ${chosen.text}` : [value].flat().join(say("comma"));
}

// Main: takes over the form of a question. Without it every button below sends the form.

import { Live } from "./live.js";
import { Options } from "./options.js";
import { Toolbar } from "./toolbar.js";

const form = document.getElementById("editor");
const live = new Live(form);
const options = new Options(form, live);
const toolbar = new Toolbar(form);
let isTouched = "touched" in form.dataset;

function touched() {
  isTouched = true;
  live.later();
}

form.addEventListener("input", touched);
form.addEventListener("change", (event) => {
  if (event.target.name === "type") live.refresh({ verb: "look", isAnswer: true });
  if (event.target.name === "is_rich") toolbar.show();
});

// Buttons that keep nothing are obeyed here; 存草稿 and 送审 send the form.
form.addEventListener("submit", (event) => {
  const verb = event.submitter?.value ?? "look";
  if (verb === "save" || verb === "submit") {
    isTouched = false;
    return;
  }
  event.preventDefault();
  if (verb !== "look") isTouched = true;
  if (verb === "look") live.refresh();
  else options.obey(verb);
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[name=do][value=save]"));
  }
});

window.addEventListener("beforeunload", (event) => {
  if (!isTouched) return;
  event.preventDefault();
  event.returnValue = ""; // what older browsers look at
});

for (const element of document.querySelectorAll("[data-with-script]")) element.hidden = false;
for (const element of document.querySelectorAll("[data-without-script]")) element.hidden = true;
toolbar.show();
if (isTouched) live.later();

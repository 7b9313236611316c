// Main: takes over the page of the sitting. Without it the same page works by plain forms.

import { Clock } from "./clock.js";
import { timeUp } from "./ending.js";
import { Lease } from "./lease.js";
import { Offline } from "./offline.js";
import { Api, newId } from "./protocol.js";
import { Queue } from "./queue.js";
import { Sender } from "./sender.js";
import { Sitting } from "./sitting.js";
import { Status } from "./status.js";
import { tidy } from "./storage.js";
import { View } from "./view.js";
import { fill, listText, say } from "./words.js";

const root = document.getElementById("sitting");
const byId = (id) => document.getElementById(id);

/** 字号: the page follows at once, the server keeps it for the next one; nothing is reloaded. */
function followTextSize() {
  const form = document.querySelector("[data-text-size] form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const size = event.submitter.value;
    const classes = document.documentElement.classList;
    classes.remove("sg-size-l", "sg-size-xl");
    if (size) classes.add(`sg-size-${size}`);
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    const body = new FormData(form);
    body.append(event.submitter.name, size);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  });
}

function begin() {
  const { attempt, person, csrf, api: base, page, signIn, forget, title, first, result, practice } = root.dataset;
  const isPractice = practice !== undefined;
  const queue = new Queue(person, attempt);
  const status = new Status({ save: byId("save"), net: byId("net"), live: byId("live") });
  const api = new Api({ base, page, person, csrf });
  const clock = new Clock({
    plate: byId("clock"),
    announce: (sentence) => status.announce(sentence),
    onEnd: () => timeUp(sitting),
  });
  const on = {
    saved: (data, hadAnswers) => sitting.saved(data, hadAnswers),
    waiting: (answer, failures) => sitting.waiting(answer, failures),
    refused: (answer, pending) => sitting.refused(answer, pending),
  };
  const sitting = new Sitting({
    api,
    queue,
    clock,
    status,
    signIn,
    isPractice,
    lease: new Lease(person, attempt, newId()),
    offline: new Offline({ page, person, forget }),
    sender: new Sender({ api, queue, on }),
    view: new View({ clock, title, first: Number(first), resultUrl: result, isPractice }),
  });
  sitting.view.loading();
  sitting.open();
}

/** The server says that the attempt has ended: clear this device, and name what never arrived. */
function clear() {
  const { attempt, person, page, forget } = root.dataset;
  const queue = new Queue(person, attempt);
  const lost = queue.unsent().map(({ position }) => position);
  const notice = byId("lost");
  if (lost.length && notice) {
    fill(notice, { lost: say("lost", { list: listText(lost, 50) }) });
    notice.hidden = false;
  }
  queue.end();
  new Offline({ page, person, forget }).end();
}

tidy(root.dataset.person);
followTextSize();
if (root.dataset.state === "in_progress") begin();
else clear();

// Ending: handing in, time up, and what is left on the page afterwards.

import { pause } from "./protocol.js";
import { deliver, refusal } from "./submit.js";
import { refused } from "./trouble.js";
import { say } from "./words.js";

const SPREAD_MS = 2000; // not everybody hands in within the same millisecond
const TRIES = 4;

function send(sitting, tries, onTry) {
  const { api, queue } = sitting;
  return deliver({ api, queue, epoch: queue.epoch, tries, onTry });
}

/** The candidate has confirmed. */
export async function confirm(sitting) {
  const { summary } = sitting.view;
  summary.say("");
  summary.busy(true);
  sitting.sender.stop();
  const answer = await send(sitting, TRIES, (n) => summary.say(say("submit_again", { n })));
  if (sitting.mode !== "open") return; // time was up meanwhile
  if (answer.kind === "ok") {
    over(sitting, answer.data);
    return;
  }
  summary.busy(false);
  if (answer.kind === "problem" && answer.code !== "missing") {
    summary.close();
    refused(sitting, answer);
    return;
  }
  sitting.sender.start(sitting.queue.epoch, 1);
  summary.say(refusal(answer));
}

/** Time is up: nothing can be changed any more, and the page hands in by itself. */
export async function timeUp(sitting) {
  if (!sitting.state || sitting.mode === "over") return;
  const { status, view } = sitting;
  view.flush();
  const wasOpen = sitting.mode === "open";
  sitting.mode = "time_up";
  sitting.signedOutRun = null;
  sitting.sender.stop();
  view.lock(true);
  view.summary.close();
  const bold = say("time_up");
  status.strip("time_up", { bold, text: say("time_up_text"), role: "alert" });
  status.ended(say("time_up_short"));
  if (wasOpen) await pause(Math.random() * SPREAD_MS);
  const answer = await send(sitting, Number.POSITIVE_INFINITY, (n) =>
    status.strip("time_up", { bold, text: say("time_up_offline"), more: say("trying", { n }) }),
  );
  if (answer.kind === "problem" && (answer.code === "signed_out" || answer.status === 404)) {
    refused(sitting, answer);
  } else {
    over(sitting, answer.kind === "ok" ? answer.data : null, true);
  }
}

/** The attempt has ended; `data` with the receipt where this window handed it in. */
export function over(sitting, data, isAuto = false) {
  sitting.mode = "over";
  const lost = data ? [] : sitting.queue.unsent().map(({ position }) => position);
  sitting.sender.stop();
  sitting.lease.release();
  sitting.clock.stop();
  sitting.status.clear();
  sitting.queue.end();
  const cleared = sitting.offline.end();
  if (sitting.isPractice && data) {
    cleared.finally(() => location.assign(sitting.view.resultUrl));
    return;
  }
  const kind = isAuto ? "auto" : data ? "done" : "closed";
  sitting.view.end(kind, { data, lost, state: sitting.state });
}

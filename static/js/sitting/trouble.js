// Trouble: no network, a newer window, an ended sign-in. What happened, what is kept, what to do.

import { over, timeUp } from "./ending.js";
import { listText, say, timeText } from "./words.js";

const SIGN_IN_LOOK_MS = 15_000;

/** Whether another window of this device has taken over. */
export function isOvertaken(sitting) {
  return sitting.queue.isOvertaken() || sitting.lease.isElsewhere();
}

/** Not sent: which answers wait here, whether a reload is safe, and that time goes on. */
export function waiting(sitting, answer, failures) {
  sitting.lastFailure = answer;
  const positions = sitting.queue.unsent().map(({ position }) => position);
  const words = positions.length
    ? [
        say("kept_here", { list: listText(positions) }),
        say(sitting.offline.isReady ? "reload_safe" : "reload_needs_network"),
      ]
    : [say("will_be_kept")];
  words.push(say("clock_runs", { time: timeText(sitting.clock.deadline) }));
  const isCut = answer.kind === "unreachable";
  sitting.status.waiting(positions.length, say(isCut ? "offline" : "server_away"));
  sitting.status.strip("offline", {
    bold: say(isCut ? "offline_bold" : "server_bold"),
    text: words.join(""),
    more: say("trying", { n: failures }),
  });
}

/** A refusal of the API, by its code. `pending`: the operations that were refused. */
export function refused(sitting, answer, pending = []) {
  if (answer.code === "stale_epoch") return stale(sitting);
  if (answer.code === "conflict") return stale(sitting, "conflict");
  if (answer.code === "closed") return over(sitting, null);
  if (answer.code === "signed_out" || answer.code === "must_change_password") return signedOut(sitting);
  if (answer.status === 404 || answer.code === "not_found") return foreign(sitting);
  sitting.status.ended(say("not_saved"));
  return sitting.status.strip("refused", {
    bold: pending[0] ? say("not_saved_n", { n: pending[0].position }) : say("not_saved") + say("stop"),
    text: answer.data.detail ?? "",
    role: "alert",
  });
}

/** Another window is newer: nothing is lost, and nothing can be overwritten from here. */
export function stale(sitting, why = "stale") {
  sitting.mode = "stale";
  sitting.sender.stop();
  sitting.lease.stop();
  sitting.view.lock(true);
  sitting.status.ended(say("read_only"));
  sitting.status.strip(why, {
    bold: say(`${why}_bold`),
    text: say(`${why}_text`),
    role: "alert",
    action: { word: say("go_on_here"), run: () => sitting.open() },
  });
}

/** The sign-in has ended: answers go on being kept here, and are sent after signing in again. */
export async function signedOut(sitting) {
  const before = sitting.mode;
  const run = {};
  sitting.signedOutRun = run;
  sitting.mode = before === "open" ? "signed_out" : before;
  sitting.sender.stop();
  sitting.status.waiting(sitting.queue.unsent().length, say("signed_out"));
  sitting.status.strip("signed_out", {
    bold: say("signed_out_bold"),
    text: say("signed_out_text"),
    role: "alert",
    action: { word: say("sign_in_again"), href: sitting.signIn },
  });
  for (;;) {
    await untilSeen();
    if (sitting.signedOutRun !== run || sitting.mode === "over") return;
    const back = await sitting.api.refresh();
    if (back === "other") {
      foreign(sitting);
      return;
    }
    if (back === "ok") break;
  }
  sitting.status.clear("signed_out");
  if (before === "opening") sitting.open();
  else if (before === "time_up") timeUp(sitting);
  else {
    sitting.mode = "open";
    sitting.status.saving();
    sitting.keepOffline();
    sitting.sender.start(sitting.queue.epoch, 1);
  }
}

/** Until the candidate comes back to this window, or a while has passed. */
function untilSeen() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SIGN_IN_LOOK_MS);
    addEventListener(
      "focus",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Someone else has signed in here: the paper goes, unsent answers wait for their owner. */
export function foreign(sitting) {
  sitting.mode = "over";
  sitting.sender.stop();
  sitting.lease.release();
  sitting.clock.stop();
  sitting.status.clear();
  sitting.offline.end();
  sitting.view.end("foreign");
}

// What every page does by script: toasts, menus, confirmations, double clicks, printing, error focus.
// Every page works without it.

const TOAST_MS = 6000;
const former = new Map(); // sent buttons and what stood in them

/** Take a toast away after its time, but not while it is hovered or holds the focus. */
function hideLater(toast) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    timer = setTimeout(() => toast.remove(), TOAST_MS);
  };
  toast.addEventListener("mouseenter", stop);
  toast.addEventListener("mouseleave", () => {
    if (!toast.contains(document.activeElement)) start();
  });
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", start);
  start();
}

/** Menus are <details>: close the others, and all on Escape or a click elsewhere. */
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.sg-menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

/** A [data-confirm] opens the dialog it names. As a link it leads to the same question as a page. */
function openDialog(event) {
  const opener = event.target.closest("[data-confirm]");
  const dialog = opener && document.getElementById(opener.dataset.confirm);
  if (!dialog || typeof dialog.showModal !== "function") return;
  event.preventDefault();
  if (!dialog.open) dialog.showModal();
}

/** A button in a dialog that only closes it. */
function closeDialog(event) {
  const closer = event.target.closest("[data-close]");
  const dialog = closer && closer.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
}

/** Show or hide what was typed into the password field that the button names. */
function reveal(event) {
  const button = event.target.closest("[data-reveal]");
  const input = button && document.getElementById(button.dataset.reveal);
  if (!input) return;
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

/** form[data-once]: the second click sends nothing, and the button says what is going on. */
function sendOnce(event) {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
  if (!button) return;
  // after this turn, so that the button's own name and value are still sent
  setTimeout(() => {
    former.set(button, [...button.childNodes]);
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    if (form.dataset.once) button.replaceChildren(form.dataset.once);
  }, 0);
}

/** Coming back by the browser's own button: the form may be sent again. */
function allowAgain() {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  for (const [button, nodes] of former) {
    button.replaceChildren(...nodes);
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
  former.clear();
}

document.querySelectorAll(".sg-toast").forEach(hideLater);
document.querySelectorAll("[data-reveal], [data-print]").forEach((button) => button.removeAttribute("hidden"));
// Beside what is read there is room to type at once; below it, focus would scroll past it.
if (matchMedia("(min-width: 48rem)").matches) document.querySelector("[data-focus-wide]")?.focus();
document.querySelector(".sg-summary-error")?.focus();

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.sg-menu"));
  openDialog(event);
  closeDialog(event);
  reveal(event);
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.sg-menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});
document.addEventListener("submit", sendOnce);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) allowAgain();
});

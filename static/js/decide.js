// A decision with consequences: the button's word follows the choice, and what must be acknowledged
// is asked only of who approves. Without it the choices and one button do the same.

const form = document.querySelector("form[data-decide]");

/** Show what belongs to the choice that is made, or nothing while none is. */
function follow() {
  const chosen = form.querySelector("input[name=decision]:checked");
  const button = form.querySelector("button[type=submit]");
  if (chosen && chosen.dataset.verb) button.textContent = chosen.dataset.verb;
  const acknowledge = form.querySelector("[data-acknowledge]");
  if (acknowledge) acknowledge.hidden = !chosen || chosen.value !== "approve";
}

if (form) {
  form.addEventListener("change", follow);
  window.addEventListener("pageshow", follow); // the browser may have kept the choice
  follow();
}

// The blueprint page: totals and shortages follow typing. The server decides again on every submit.

const form = document.querySelector("form[data-blueprint]");

/** The whole number in an input; 0 where there is none. */
function numberIn(input) {
  const text = input ? input.value.trim() : "";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Mark a cell that asks for more than there is. */
function showShortage(input) {
  const available = Number(input.dataset.available);
  const short = numberIn(input) > available;
  const note = input.parentElement.querySelector("small");
  input.parentElement.classList.toggle("is-short", short);
  input.toggleAttribute("aria-invalid", false);
  if (short) input.setAttribute("aria-invalid", "true");
  const words = (short ? form.dataset.short : form.dataset.has).replace("{n}", String(available));
  if (short) {
    const bold = document.createElement("b");
    bold.textContent = words;
    note.replaceChildren(bold);
  } else {
    note.textContent = words;
  }
}

/** Sums of each line, each type, and all. */
function showTotals() {
  const byType = new Map();
  let all = 0;
  for (const row of form.querySelectorAll("tbody tr")) {
    let line = 0;
    for (const input of row.querySelectorAll("input[data-type]")) {
      const count = numberIn(input);
      line += count;
      byType.set(input.dataset.type, (byType.get(input.dataset.type) || 0) + count);
    }
    row.querySelector("[data-line]").textContent = String(line);
    all += line;
  }
  for (const cell of form.querySelectorAll("[data-total]")) {
    const count = byType.get(cell.dataset.total) || 0;
    const marks = numberIn(form.elements[`m-${cell.dataset.total}`]);
    cell.textContent = form.dataset.sum
      .replace("{q}", String(count))
      .replace("{m}", String(count * marks));
  }
  const sum = form.querySelector("[data-all]");
  if (sum) sum.textContent = String(all);
}

form?.addEventListener("input", (event) => {
  if (event.target.matches("input[data-available]")) showShortage(event.target);
  showTotals();
});

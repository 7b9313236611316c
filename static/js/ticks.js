// Rows that are ticked for one act: all of the page at once, and how many there are. Without it every
// row is ticked by hand.

/** Keep the box in the head and the count in step with the rows of one form. */
function follow(form) {
  const rows = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const head = form.querySelector("[data-tick-all]");
  const all = head && head.querySelector("input");
  const count = form.querySelector("[data-ticked]");

  function show() {
    const ticked = rows.filter((row) => row.checked).length;
    for (const row of rows) row.closest("tr").classList.toggle("is-selected", row.checked);
    if (all) {
      all.checked = rows.length > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    }
    if (count) count.textContent = count.dataset.ticked.replace("#", ticked);
  }

  if (head) head.hidden = false;
  if (count) count.hidden = false;
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const row of rows) row.checked = all.checked;
    show();
  });
  window.addEventListener("pageshow", show); // the browser may have kept the ticks
  show();
}

for (const form of document.querySelectorAll("form[data-ticks]")) follow(form);

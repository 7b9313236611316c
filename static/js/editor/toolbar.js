// Toolbar: buttons that put the marks of rich text where the cursor is, and the upload of a picture.

/** Put text in place of the selection; the browser's own undo takes it back. */
function insert(field, text, from, length) {
  field.focus();
  const start = field.selectionStart;
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, start, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (length) field.setSelectionRange(start + from, start + from + length);
}

/** What has to stand before a list or table: it begins on a line of its own. */
function lead(field, blank) {
  const before = field.value.slice(0, field.selectionStart);
  if (!before || before.endsWith("\n\n")) return "";
  if (before.endsWith("\n")) return blank.slice(1);
  return blank;
}

export class Toolbar {
  constructor(form) {
    this.form = form;
    this.bar = document.getElementById("toolbar");
    this.field = document.getElementById("stem");
    this.dialog = document.getElementById("picture");
    form.addEventListener("focusin", ({ target }) => this.#enter(target));
    form.addEventListener("keydown", (event) => this.#key(event));
    this.bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-mark]");
      if (button) this.#mark(button);
    });
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.#upload(event));
  }

  get isOn() {
    return this.form.querySelector("[name=is_rich]").checked;
  }

  show() {
    this.bar.hidden = !this.isOn;
  }

  #enter(target) {
    if (!target.dataset.rich) return;
    this.field = target;
    const isLine = target.dataset.rich === "inline"; // an option holds neither list nor table
    for (const mark of ["list", "table"]) this.bar.querySelector(`[data-mark=${mark}]`).hidden = isLine;
  }

  #key(event) {
    const isBold = event.ctrlKey && !event.altKey && event.key.toLowerCase() === "b";
    if (!isBold || !this.isOn || !event.target.dataset.rich) return;
    event.preventDefault();
    this.#mark(this.bar.querySelector("[data-mark=bold]"));
  }

  #mark({ dataset: { mark, sample } }) {
    if (!this.field.isConnected) this.field = document.getElementById("stem");
    const { field } = this;
    const chosen = field.value.slice(field.selectionStart, field.selectionEnd);
    if (mark === "bold") insert(field, `**${chosen || sample}**`, 2, (chosen || sample).length);
    if (mark === "list") {
      const start = `${lead(field, "\n")}- `;
      insert(field, start + (chosen || sample).replaceAll("\n", "\n- "), start.length, chosen ? 0 : sample.length);
    }
    if (mark === "table") {
      const start = `${lead(field, "\n\n")}| `;
      const table = `${sample} | ${sample} |\n| --- | --- |\n| ${chosen} | |\n`;
      insert(field, start + table, start.length, sample.length);
    }
    if (mark === "picture") this.dialog.showModal();
  }

  async #upload(event) {
    event.preventDefault();
    const { target } = event;
    const button = target.querySelector("[type=submit]");
    if (button.disabled) return;
    const problem = target.querySelector("[data-slot=problem]");
    const { api, away } = target.dataset;
    button.disabled = true;
    problem.hidden = true;
    let said = away;
    let done = null;
    try {
      const response = await fetch(api, { method: "POST", body: new FormData(target) });
      const answer = await response.json();
      if (response.ok) done = answer;
      else said = answer.detail;
    } catch {
      // no answer, or none of ours: the sentence about that is said
    }
    button.disabled = false;
    if (!done) {
      problem.textContent = said;
      problem.hidden = false;
      return;
    }
    target.reset();
    this.dialog.close();
    insert(this.field, done.markup);
  }
}

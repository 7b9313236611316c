// Options: adding, moving and taking away by button and by key. Texts move; the rows stay.

const FEWEST = 2;
const MOST = 8;

export class Options {
  constructor(form, live) {
    Object.assign(this, { form, live });
    form.addEventListener("keydown", (event) => this.#key(event));
  }

  get rows() {
    return [...this.form.querySelectorAll(".sg-edit-option")];
  }

  /** Do what a button says: add, up-2, remove-0. */
  obey(verb) {
    const [what, at] = verb.split("-");
    if (what === "add") this.#add();
    if (what === "up") this.#swap(Number(at), Number(at) - 1);
    if (what === "remove") this.#remove(Number(at));
  }

  #text(at) {
    return this.rows[at].querySelector(".form-control");
  }

  #key(event) {
    const at = this.rows.findIndex((row) => row.querySelector(".form-control") === event.target);
    if (at < 0 || event.isComposing || event.ctrlKey) return;
    if (event.altKey && event.key === "ArrowUp") this.#swap(at, at - 1);
    else if (event.altKey && event.key === "ArrowDown") this.#swap(at, at + 1);
    else if (event.key === "Enter" && at + 1 < this.rows.length) this.#text(at + 1).focus();
    else if (event.key === "Enter" && this.rows.length < MOST) this.#add();
    else if (event.key !== "Enter") return;
    event.preventDefault();
  }

  /** The server draws the new row, with its letter and its words. */
  async #add() {
    const count = this.rows.length;
    const isDrawn = await this.live.refresh({ verb: "add", isAnswer: true });
    if (isDrawn && this.rows.length > count) this.#text(count).focus();
  }

  #put(at, { text, isKey }) {
    this.#text(at).value = text;
    this.rows[at].querySelector("[name=key]").checked = isKey;
  }

  #take(at) {
    return { text: this.#text(at).value, isKey: this.rows[at].querySelector("[name=key]").checked };
  }

  #swap(from, to) {
    if (to < 0 || to >= this.rows.length) return;
    const [one, other] = [this.#take(from), this.#take(to)];
    this.#put(from, other);
    this.#put(to, one);
    this.#text(to).focus();
    this.#changed();
  }

  #remove(at) {
    const all = this.rows.map((_row, index) => this.#take(index));
    all.splice(at, 1);
    if (this.rows.length > FEWEST) this.rows.at(-1).remove();
    else all.push({ text: "", isKey: false });
    for (const [index, one] of all.entries()) this.#put(index, one);
    this.form.querySelector("[name=do][value=add]").hidden = false;
    this.#text(Math.min(at, all.length - 1)).focus();
    this.#changed();
  }

  #changed() {
    this.form.dispatchEvent(new Event("input"));
  }
}

// Live: the server draws preview, checks and article from what is typed; the same templates as the sitting.

const REST_MS = 400; // the typing has come to rest

/** What the controls of the form hold, by name and place. */
function held(form) {
  const values = new Map();
  for (const control of form.querySelectorAll("[data-live=answer] [name]")) {
    const key = control.name === "key" || control.type === "radio" ? `${control.name}=${control.value}` : control.name;
    values.set(key, { value: control.value, checked: control.checked });
  }
  return values;
}

export class Live {
  constructor(form) {
    this.form = form;
    this.timer = 0;
    this.wanted = { verb: "look", isAnswer: false };
    this.sign = document.getElementById("live");
    this.sign.textContent = this.sign.dataset.follows;
  }

  /** Follow the typing once it rests. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), REST_MS);
  }

  /**
   * Draw what follows from the form now; whether the server answered.
   *
   * `verb`: a button of the form (look, add); `isAnswer`: draw the answer area anew, too. What was
   * wanted and has not come yet is asked for again with the next question.
   */
  async refresh({ verb = "look", isAnswer = false } = {}) {
    clearTimeout(this.timer);
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    if (isAnswer) this.wanted = { verb, isAnswer };
    const body = new FormData(this.form);
    body.set("do", this.wanted.verb);
    const before = held(this.form);
    let page;
    try {
      const response = await fetch(this.form.dataset.preview, { method: "POST", body, signal: mine.signal });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      if (!mine.signal.aborted) this.#late();
      return false;
    }
    if (mine.signal.aborted) return false;
    this.sign.textContent = this.sign.dataset.follows;
    if (this.wanted.isAnswer) this.#swap(page, before);
    this.wanted = { verb: "look", isAnswer: false };
    for (const name of ["article", "preview", "checks"]) this.#draw(page, name);
    return true;
  }

  #draw(page, name) {
    const drawn = page.querySelector(`[data-live=${name}]`);
    document.querySelector(`[data-live=${name}]`).replaceChildren(...drawn.childNodes);
  }

  /** The answer area of another type or with one option more, with what was typed meanwhile. */
  #swap(page, before) {
    const now = held(this.form);
    this.#draw(page, "answer");
    const place = this.form.querySelector("[data-live=answer]");
    for (const element of place.querySelectorAll("[data-with-script]")) element.hidden = false;
    for (const control of place.querySelectorAll("[name]")) {
      const key = control.name === "key" || control.type === "radio" ? `${control.name}=${control.value}` : control.name;
      const typed = now.get(key);
      const sent = before.get(key);
      if (!typed || !sent) continue;
      if (typed.value !== sent.value) control.value = typed.value;
      if (typed.checked !== sent.checked) control.checked = typed.checked;
    }
  }

  /** No answer: say so, and bring back the buttons that work without script. */
  #late() {
    this.sign.textContent = this.sign.dataset.late;
    if (!this.wanted.isAnswer) return;
    for (const element of this.form.querySelectorAll("[data-without-script]")) element.hidden = false;
  }
}

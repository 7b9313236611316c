// State: the paper as the candidate has worked on it so far; knows neither page nor network.

/** A value as it is sent: nothing chosen, or only empty blanks, is null. */
export function tidyValue(value) {
  const isEmpty = Array.isArray(value) && value.every((part) => part.trim() === "");
  return value === undefined || isEmpty ? null : value;
}

/** The text of a short answer as it is sent: lines of readable characters; null for none. */
export function tidyText(text) {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ").trim() || null;
}

export class State {
  /** `opened`: the answer of `open`; `values`: [[position, value]] given on this device since. */
  constructor(opened, values, marks) {
    this.questions = opened.paper.questions;
    this.server = opened.answers; // {position: {value, epoch, seq}}
    this.epoch = opened.epoch;
    this.values = new Map(
      Object.entries(opened.answers).map(([position, { value }]) => [Number(position), value]),
    );
    for (const [position, value] of values) this.values.set(position, value);
    this.marks = new Set(marks.filter((position) => position <= this.questions.length));
    this.checks = new Map(); // practice: what the server said of an answer, by position
    this.current = 1;
  }

  get count() {
    return this.questions.length;
  }

  question(position = this.current) {
    return this.questions[position - 1];
  }

  value(position = this.current) {
    return this.values.get(position) ?? null;
  }

  /** The server's [epoch, seq] at a position when the paper was opened, or null. */
  known(position) {
    const there = this.server[position];
    return there ? [there.epoch, there.seq] : null;
  }

  isAnswered(position) {
    return this.value(position) !== null;
  }

  /** Practice: what was said of the answer at a position, or undefined. */
  told(position = this.current) {
    return this.checks.get(position);
  }

  positions() {
    return this.questions.map((question) => question.position);
  }

  open() {
    return this.positions().filter((position) => !this.isAnswered(position));
  }

  answered() {
    return this.count - this.open().length;
  }

  marked() {
    return [...this.marks].sort((a, b) => a - b);
  }

  /** Change the mark of a question; whether it is marked now. */
  toggleMark(position = this.current) {
    if (!this.marks.delete(position)) this.marks.add(position);
    return this.marks.has(position);
  }

  /** Go to a question; false where there is none. */
  go(position) {
    if (!(position >= 1 && position <= this.count)) return false;
    this.current = position;
    return true;
  }

  /** Runs of one type: [{type, first, last}]. */
  sections() {
    const runs = [];
    for (const { type, position } of this.questions) {
      const run = runs.at(-1);
      if (run?.type === type) run.last = position;
      else runs.push({ type, first: position, last: position });
    }
    return runs;
  }
}

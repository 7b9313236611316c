// Queue: what was answered on this device, kept in the browser's storage until the server has it.
//
// One record per person and attempt: {epoch, entries, doubts, marks, place, at}. An entry is
// {seq, value, acked, base}: base is the server's [epoch, seq] that the answer was given upon.
// Only values of answers are kept here, never the paper.

import { PREFIX, storage } from "./storage.js";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export class Queue {
  constructor(person, attempt) {
    this.store = storage();
    this.key = `${PREFIX}${person}.${attempt}`;
    this.record = this.#read();
  }

  /** Whether a reload would find the answers again. */
  get isLasting() {
    return this.store !== null;
  }

  get epoch() {
    return this.record?.epoch ?? 0;
  }

  /** Marks as they were last on this device, and whether the server has them: {positions, isSent}. */
  get marks() {
    return this.record?.marks ?? null;
  }

  /** The question that was last on the screen here; 1 where none was. */
  get place() {
    return this.record?.place ?? 1;
  }

  #read() {
    try {
      return JSON.parse(this.store?.getItem(this.key) ?? "null");
    } catch {
      return null;
    }
  }

  #write() {
    this.record.at = Date.now();
    try {
      this.store?.setItem(this.key, JSON.stringify(this.record));
    } catch {
      this.store = null; // full or forbidden: what is in memory is still sent
    }
  }

  /** Read again what another window of this device has written. */
  reload() {
    this.record = this.#read() ?? this.record;
  }

  /** Whether a newer window has written since; then this one must not. */
  isOvertaken() {
    const kept = this.#read();
    return kept !== null && kept.epoch > this.epoch;
  }

  /**
   * A new epoch has begun. What was not acknowledged goes on where the server's answer is still
   * the one it was given upon; where it has changed since, it is returned as a doubt:
   * [{position, mine, theirs}], and kept until `settle`.
   */
  begin(epoch, answers) {
    const former = this.#read() ?? this.record ?? { epoch: 0, entries: {}, doubts: {} };
    const entries = {};
    const doubts = {};
    const waiting = { ...former.doubts };
    for (const [position, entry] of Object.entries(former.entries)) {
      if (!entry.acked) waiting[position] = { ...entry, epoch: former.epoch };
    }
    for (const [position, entry] of Object.entries(waiting)) {
      const there = answers[position];
      const pair = there ? [there.epoch, there.seq] : null;
      if (there && same(there.value, entry.value)) continue;
      const ours = there && there.epoch === entry.epoch;
      if (ours && there.seq > entry.seq) continue; // a later answer of the same window is there
      if (same(pair, entry.base) || (ours && there.seq < entry.seq)) {
        entries[position] = { seq: 1, value: entry.value, acked: false, base: pair };
      } else {
        doubts[position] = entry;
      }
    }
    this.record = { epoch, entries, doubts, marks: former.marks ?? null, place: former.place };
    this.#write();
    return Object.entries(doubts).map(([position, entry]) => ({
      position: Number(position),
      mine: entry.value,
      theirs: answers[position]?.value ?? null,
    }));
  }

  /** The candidate has chosen for every doubt: positions whose own answer goes on. */
  settle(chosen, answers) {
    for (const [position, entry] of Object.entries(this.record.doubts)) {
      const there = answers[position];
      if (chosen.has(Number(position)) && !this.record.entries[position]) {
        const base = there ? [there.epoch, there.seq] : null;
        this.record.entries[position] = { seq: 1, value: entry.value, acked: false, base };
      }
    }
    this.record.doubts = {};
    this.#write();
  }

  /** Put an answer in before it is sent. `known`: the server's pair at this position, or null. */
  put(position, value, known) {
    const former = this.record.entries[position];
    const base = former ? (former.acked ? [this.epoch, former.seq] : former.base) : known;
    this.record.entries[position] = { seq: (former?.seq ?? 0) + 1, value, acked: false, base };
    this.#write();
  }

  keepMarks(positions, isSent) {
    if (!this.record) return;
    this.record.marks = { positions, isSent };
    this.#write();
  }

  keepPlace(position) {
    if (!this.record || this.isOvertaken()) return;
    this.record.place = position;
    this.#write();
  }

  /** Operations that no acknowledgement has come for, as the API takes them. */
  unsent() {
    return Object.entries(this.record?.entries ?? {})
      .filter(([, entry]) => !entry.acked)
      .map(([position, { seq, value }]) => ({ position: Number(position), seq, value }));
  }

  /** The server has these operations: [{position, seq}]. A newer answer stays in the queue. */
  acknowledge(acked) {
    for (const { position, seq } of acked) {
      const entry = this.record.entries[position];
      if (entry && entry.seq <= seq) entry.acked = true;
    }
    if (acked.length) this.#write();
  }

  /** The server misses these positions after all. */
  resend(positions) {
    for (const position of positions) {
      if (this.record.entries[position]) this.record.entries[position].acked = false;
    }
    this.#write();
  }

  /** Highest seq of each position in this epoch. */
  seqs() {
    return Object.fromEntries(
      Object.entries(this.record.entries).map(([position, { seq }]) => [position, seq]),
    );
  }

  /** Values given in this epoch, by position. */
  values() {
    return Object.entries(this.record?.entries ?? {}).map(([position, { value }]) => [Number(position), value]);
  }

  /** The attempt has ended: nothing of it stays on this device. */
  end() {
    this.store?.removeItem(this.key);
    this.record = null;
  }
}

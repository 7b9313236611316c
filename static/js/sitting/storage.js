// Storage: the browser's own, as far as it is allowed, and what may stay in it.

export const PREFIX = "sg.sitting.";
const KEEP_MS = 14 * 24 * 3600 * 1000;

/** Storage that survives a reload, or, where the browser refuses it, one that does not. */
export function storage() {
  try {
    localStorage.setItem(`${PREFIX}test`, "1");
    localStorage.removeItem(`${PREFIX}test`);
    return localStorage;
  } catch {
    return null;
  }
}

/** On this device others have sat: keep only what they have not sent, and nothing for ever. */
export function tidy(person) {
  const store = storage();
  if (!store) return;
  for (const key of Object.keys(store).filter((name) => name.startsWith(PREFIX))) {
    try {
      const record = JSON.parse(store.getItem(key));
      const open = Object.entries(record.entries).filter(([, entry]) => !entry.acked);
      const isOld = Date.now() - record.at > KEEP_MS;
      const isEmpty = open.length === 0 && Object.keys(record.doubts).length === 0;
      if (isOld) store.removeItem(key);
      else if (key.startsWith(`${PREFIX}${person}.`)) continue;
      else if (isEmpty) store.removeItem(key);
      else store.setItem(key, JSON.stringify({ ...record, entries: Object.fromEntries(open), marks: null }));
    } catch {
      store.removeItem(key);
    }
  }
}

// How far a long reading is: asks every second, shows bar and words, and opens the page when it ends.

const EVERY_MS = 1000;
const words = document.querySelector("[data-progress]");
const bar = document.querySelector("progress");

function show({ done, total }) {
  if (!total) return;
  bar.max = total;
  bar.value = Math.min(done, total);
  words.textContent = words.dataset.words.replace("{done}", done).replace("{total}", total);
}

async function ask() {
  try {
    const answer = await fetch(words.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json();
    if (!state.reading) {
      location.reload();
      return;
    }
    show(state);
  } catch {
    // the network is away for a while; the next question finds out
  }
  setTimeout(ask, EVERY_MS);
}

if (words && bar) setTimeout(ask, EVERY_MS);

// What a sled types goes to the box in batches, each with an id, again and again until it is there: a phone walks
// through holes of the Wi-Fi. Unsent lines survive a reload. What the text means is judged by the box alone.
"use strict";
(() => {
  const field = document.querySelector("[data-pass]");
  if (!field) return;
  const PAUSE_MS = 400; // a sled types faster than this; whoever stops has said all
  const AGAIN_MS = [300, 600, 1200, 2400, 5000];
  const LINES_KEPT_MAX = 5000;
  const linesMax = Number(field.dataset.linesMax);
  const lineCharsMax = Number(field.dataset.lineCharsMax);
  const said = document.querySelector("[data-sending]");
  const kept = `vitrine${field.dataset.pass}`;
  let state = recall(); // { lines: not yet in a batch, batch: the one under way or null }
  let sending = null;
  let pause = 0;
  let stopped = "";

  function recall() {
    try { return JSON.parse(sessionStorage.getItem(kept)) ?? { lines: [], batch: null }; } catch { return { lines: [], batch: null }; }
  }
  function remember() {
    try { sessionStorage.setItem(kept, JSON.stringify(state)); } catch { /* full or forbidden: a reload may lose them */ }
    const waiting = state.lines.length + (state.batch?.lines.length ?? 0);
    said.textContent = stopped || (waiting ? `${waiting} waiting for the box` : "All sent");
  }
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  // --- typing
  function takeLine() {
    clearTimeout(pause);
    const text = field.value;
    field.value = "";
    if (!text.trim()) return;
    if (state.lines.length >= LINES_KEPT_MAX) { stopped = "Too many lines wait: end this pass, or find the Wi-Fi"; remember(); return; }
    for (let at = 0; at < text.length; at += lineCharsMax) state.lines.push(text.slice(at, at + lineCharsMax));
    remember();
    send();
  }
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Tab") return;
    if (event.key === "Tab" && !field.value) return; // a person who leaves the field
    event.preventDefault();
    takeLine();
  });
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(takeLine, PAUSE_MS);
  });
  // The sled types wherever the page is; only what a person is in the middle of keeps its keys.
  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches("input, select, textarea")) field.focus({ preventScroll: true });
  }, true);

  // --- sending
  function send() {
    sending ??= drain().finally(() => { sending = null; });
    return sending;
  }
  async function drain() {
    for (let tries = 0; !stopped;) {
      if (!state.batch) {
        if (!state.lines.length) return;
        state.batch = { batch: newId(), lines: state.lines.splice(0, linesMax) };
        remember();
      }
      const answer = await post(state.batch);
      const begun = answer?.status === 404 ? await beginAgain() : answer;
      if (begun === null) {
        await sleep(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
        continue;
      }
      tries = 0;
      if (answer.ok) state.batch = null;
      else if (begun === answer || !begun.ok) stopped = await why(answer);
      remember();
    }
  }
  // null: no answer, or one that says "later".
  const post = (batch) => ask(field.dataset.pass, batch);
  async function ask(path, what) {
    try {
      const answer = await fetch(path, {
        method: "POST", body: JSON.stringify(what), signal: AbortSignal.timeout(5000),
        headers: { "content-type": "application/json", "x-csrf-token": field.dataset.csrf },
      });
      return answer.status >= 500 || answer.status === 429 ? null : answer;
    } catch { return null; }
  }
  // The box was restarted and knows no passes: ours goes on under its name.
  const beginAgain = () => ask("/api/v1/passes", JSON.parse(field.dataset.passBegun));
  async function why(answer) {
    try { const problem = await answer.json(); return `${problem.title}. ${problem.detail ?? ""}`.trim(); } catch { return `The box answered ${answer.status}: reload the page`; }
  }

  // --- the end waits for what is unsent
  document.querySelector("[data-pass-end]")?.addEventListener("submit", async (event) => {
    takeLine();
    if (stopped || (!state.batch && !state.lines.length)) { sessionStorage.removeItem(kept); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = event.target;
    await send();
    if (!stopped) form.requestSubmit();
  });

  // Not by the page itself: what a sled types before somebody listens would lie in the field, many tags in one line.
  field.focus({ preventScroll: true });
  remember();
  if (state.batch || state.lines.length) send();
  else said.textContent = "Ready";
})();

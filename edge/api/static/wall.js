// The wall speaks: a tone made in the browser for alarms that nobody looks after, once a person has pressed for it.
// Without this script the wall still shows everything; it is only silent.
"use strict";
(() => {
  const button = document.querySelector("[data-sound]");
  const stale = document.querySelector("[data-stale]");
  const KEY = "vitrine-wall-sound";
  const EVERY_MS = { siren: 1_200, alarm: 6_000 };
  const NOTES = { siren: [880, 660, 880, 660], alarm: [660, 880] };
  const NOTE_S = 0.18;
  let context = null;
  let timer = 0;
  let playing = "";

  // --- what is to be heard: the loudest alarm on the page that nobody looks after
  function wanted() {
    const sounds = new Set([...document.querySelectorAll("[data-sounds]")].map((each) => each.dataset.sounds));
    return ["siren", "alarm"].find((each) => sounds.has(each)) ?? "";
  }

  function ring() {
    const from = context.currentTime + 0.02;
    NOTES[playing].forEach((hertz, nth) => {
      const tone = context.createOscillator();
      const loud = context.createGain();
      const at = from + nth * NOTE_S;
      tone.frequency.value = hertz;
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(0.5, at + 0.02);
      loud.gain.linearRampToValueAtTime(0, at + NOTE_S - 0.02);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + NOTE_S);
    });
    document.dispatchEvent(new CustomEvent("vitrine:rang", { detail: playing }));
  }

  function look() {
    const now = context?.state === "running" ? wanted() : "";
    if (now === playing) return;
    clearInterval(timer);
    playing = now;
    if (!playing) return;
    ring();
    timer = setInterval(ring, EVERY_MS[playing]);
  }

  // --- on and off; what was chosen is remembered, and taken up where the browser lets a page speak by itself
  function show() {
    const on = context?.state === "running";
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? button.dataset.on : button.dataset.off;
    look();
  }

  function listen() {
    context ??= new AudioContext();
    context.onstatechange = show;
    return context.resume();
  }

  if (button && window.AudioContext) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const on = context?.state === "running";
      localStorage.setItem(KEY, on ? "off" : "on");
      if (on) await context.suspend();
      else await listen();
      show();
    });
    // A wall that may speak by itself (a kiosk's browser is told so) does after every start, if it did before.
    if (localStorage.getItem(KEY) === "on" && navigator.getAutoplayPolicy?.("audiocontext") !== "disallowed") listen();
  }

  // --- alarms come and go with each swap; a wall that is told nothing says so in large letters
  document.addEventListener("htmx:after:swap", () => { if (context) look(); });
  const hears = (on) => { if (stale) stale.hidden = on; };
  document.addEventListener("htmx:sse:after:connection", () => hears(true));
  document.addEventListener("htmx:sse:error", () => hears(false));
  document.addEventListener("htmx:sse:close", () => hears(false));
  window.addEventListener("offline", () => hears(false));
})();

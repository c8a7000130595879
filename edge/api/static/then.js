// The scrubber plays by itself, and says the moment it stands at. Without this script: slide, then press Show.
"use strict";
(() => {
  const slider = document.querySelector("[data-scrub]");
  const play = document.querySelector("[data-play]");
  if (!slider || !play) return;
  const STEP_MS = 700;
  const words = play.textContent;
  let timer = 0;

  document.documentElement.classList.add("scripted");
  play.hidden = false;

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = words;
  }

  function step() {
    if (Number(slider.value) >= Number(slider.max)) return stop();
    slider.stepUp();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }

  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= Number(slider.max)) slider.value = slider.min;
    play.textContent = play.dataset.stop;
    timer = setInterval(step, STEP_MS);
    step();
  });
  slider.addEventListener("pointerdown", stop);
  slider.addEventListener("keydown", stop);
  document.addEventListener("htmx:after:swap", () => {
    const moment = document.querySelector("[data-moment]");
    if (moment) slider.setAttribute("aria-valuetext", moment.textContent.trim());
  });
})();

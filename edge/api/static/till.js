// The register's own manners: who was found is chosen by Enter, notes fill the cash field, keys of one letter can be
// put off (WCAG 2.2 SC 2.1.4: who speaks to a machine, or whose hand shakes, presses them without meaning to).
"use strict";
(() => {
  const LETTERS = "vitrine-letter-keys";
  const off = () => localStorage.getItem(LETTERS) === "off";
  const show = () => {
    for (const each of document.querySelectorAll("[data-letters]")) each.setAttribute("aria-pressed", String(!off()));
  };
  document.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && off() && !event.target.matches?.("input, select, textarea")) event.stopImmediatePropagation();
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-letters]")) return;
    localStorage.setItem(LETTERS, off() ? "on" : "off");
    show();
  });
  show();

  // Several clients answer to what was typed: the first of them is under the finger.
  document.addEventListener("htmx:after:swap", () => {
    show();
    const picks = document.querySelector("[data-picks]:not([data-shown])");
    if (!picks) return;
    picks.dataset.shown = "";
    picks.querySelector("button")?.focus();
  });

  // A note under the finger writes what was handed over, as if it had been typed.
  document.addEventListener("click", (event) => {
    const note = event.target.closest("[data-fill]");
    if (!note) return;
    const field = note.form.elements[note.dataset.fill];
    field.value = note.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();

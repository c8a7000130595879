// The register's own manners: who was found is chosen by Enter, notes fill the cash field.
"use strict";
(() => {
  // Several clients answer to what was typed: the first of them is under the finger.
  document.addEventListener("htmx:after:swap", () => {
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

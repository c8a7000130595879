// A field to sign on with a finger, a pen or a mouse. What was drawn goes with the form as a small picture; an empty
// field sends nothing, and the box says so.
"use strict";
(() => {
  const WIDTH = 900, HEIGHT = 300, LINE = 4;
  for (const pad of document.querySelectorAll("canvas[data-signature]")) {
    const form = pad.closest("form");
    const field = form.querySelector("input[name=drawing]");
    const pen = pad.getContext("2d");
    let drawn = false, last = null;
    pad.width = WIDTH; pad.height = HEIGHT;
    function clear() {
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, WIDTH, HEIGHT);
      pen.strokeStyle = "#1a1714"; pen.lineWidth = LINE; pen.lineCap = pen.lineJoin = "round";
      drawn = false; field.value = "";
    }
    function at(event) {
      const box = pad.getBoundingClientRect();
      return [(event.clientX - box.left) * WIDTH / box.width, (event.clientY - box.top) * HEIGHT / box.height];
    }
    pad.addEventListener("pointerdown", (event) => {
      event.preventDefault(); pad.setPointerCapture(event.pointerId);
      last = at(event); pen.beginPath(); pen.moveTo(...last); pen.lineTo(last[0] + 0.1, last[1]); pen.stroke(); drawn = true;
    });
    pad.addEventListener("pointermove", (event) => {
      if (!last) return;
      const now = at(event);
      pen.beginPath(); pen.moveTo(...last); pen.lineTo(...now); pen.stroke(); last = now;
    });
    for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { last = null; });
    form.querySelector("[data-clear]").addEventListener("click", clear);
    form.addEventListener("submit", () => { field.value = drawn ? pad.toDataURL("image/png") : ""; }, { capture: true });
    clear();
  }
})();

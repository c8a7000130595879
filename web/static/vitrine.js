// Small manners of every page: theme, keys, the live lamp, PIN pad. No page needs it to be read or sent.
"use strict";
(() => {
  const root = document.documentElement;

  // --- theme: light, dark, or as the system says; kept a year in a cookie, so that the server draws it at once
  function toggleTheme() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `vitrine-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  }

  // --- keys: an element with data-key="F2" is pressed by that key, wherever the focus is
  // htmx looks at the page a moment after it has come. A press before that would send the form past it, so it waits;
  // where htmx itself did not come, the browser sends the form.
  let ready = false;
  let waiting = null;
  function press(wanted) {
    if (ready) wanted.click();
    else waiting = wanted;
  }
  function onReady() {
    ready = true;
    const early = waiting;
    waiting = null;
    if (early?.isConnected) early.click();
  }
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Whoever has pressed their name types their PIN next: the digit goes where the focus is by then.
    if (/^\d$/.test(event.key) && event.target.matches?.("[type=radio]")) event.target.form?.querySelector("[data-pin]")?.focus();
    const typing = event.target.matches?.("input, select, textarea");
    if (typing && !/^F\d+$|^Escape$/.test(event.key)) return;
    if (event.key === "Enter" && event.target.matches?.("a, button, summary")) return;
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([disabled])`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input, select")) { wanted.focus(); wanted.select?.(); } else press(wanted);
  }

  // --- PIN pad: buttons write into the field; the field itself takes keys
  function onPad(button) {
    const field = button.form.querySelector("[data-pin]");
    if (button.dataset.digit === "back") field.value = field.value.slice(0, -1);
    else if (field.value.length < field.maxLength) field.value += button.dataset.digit;
    field.focus({ preventScroll: true });
  }

  // --- a word's meaning opens by a press (HTML's popover); a mouse may rest on the word instead. Escape closes either.
  let resting = null;
  let soon = 0;
  function rest(term) {
    clearTimeout(soon);
    const meaning = term?.querySelector("[popover]");
    if (meaning && !meaning.matches(":popover-open")) {
      soon = setTimeout(() => { resting = meaning; meaning.showPopover({ source: term.querySelector("button") }); }, 200);
    } else if (!meaning && resting) soon = setTimeout(() => { resting?.hidePopover(); resting = null; }, 300);
  }

  function lamp(on) {
    for (const each of document.querySelectorAll(".live")) {
      each.classList.toggle("on", on);
      each.classList.toggle("off", !on);
      each.textContent = (on ? each.dataset.on : each.dataset.off) ?? (on ? "Live" : "Not live");
    }
  }

  for (const here of document.querySelectorAll(".top nav [aria-current], .pages [aria-current]"))
    here.scrollIntoView({ block: "nearest", inline: "center" });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".term-word")) { clearTimeout(soon); resting = null; }
    if (button.matches("[data-theme-toggle]")) toggleTheme();
    else if (button.matches("[data-digit]")) onPad(button);
    else if (button.matches("[data-print]")) window.print();
    else if (button.matches("[data-dismiss]")) button.closest("[data-dismissable]")?.remove();
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") rest(event.target.closest?.(".term"));
  });
  // What stands in such a field is a proposal: typing replaces the whole of it.
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-whole]")) event.target.select(); });
  const first = document.activeElement;
  if (first?.matches("[data-whole]")) first.select();
  document.addEventListener("htmx:after:process", onReady);
  window.addEventListener("load", () => { if (!window.htmx) onReady(); });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("form[data-clear].sent")) { form.classList.remove("sent"); form.reset(); }
  });
  document.addEventListener("submit", (event) => {
    document.getElementById("notice")?.replaceChildren();
    if (event.target.matches("[data-clear]")) event.target.classList.add("sent");
  });
  // A press that no answer followed is told; a page that only refreshes itself has the lamp for that.
  document.addEventListener("htmx:error", (event) => {
    const method = event.detail.ctx?.request?.method ?? "GET";
    const said = document.getElementById("no-answer");
    if (method !== "GET" && said) document.getElementById("notice").replaceChildren(said.content.cloneNode(true));
  });
  let heard = false;
  const hears = (now) => { heard = now; lamp(now); };
  document.addEventListener("htmx:sse:after:connection", () => hears(true));
  document.addEventListener("htmx:sse:error", () => hears(false));
  document.addEventListener("htmx:sse:close", () => hears(false));
  window.addEventListener("offline", () => lamp(false));
  // A stream may outlive a line that was away for a moment: then nothing connects again, and nothing was missed.
  window.addEventListener("online", () => lamp(heard));
})();

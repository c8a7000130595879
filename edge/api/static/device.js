// This browser's own key (docs/adr/0039): made here, never to be read out, and shown to the box by a signature that is
// good for seconds. A login begun here opens nothing without it.
"use strict";
(() => {
  const at = document.querySelector("meta[name='vitrine-device']");
  if (!at) return;
  const STORE = at.dataset.store;
  const AHEAD_MS = Number(at.content) * 1000 - Date.now();  // the box's clock before ours
  const SIGN_EVERY_MS = 8000;
  const STALE_MS = 20000;
  const ANSWER_MS = 10000;
  const STORAGE_MS = 3000;
  const READY_MS = 15000;
  const KEY_LASTS_MS = 90 * 86400000;
  const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
  const SIGNING = { name: "ECDSA", hash: "SHA-256" };
  const able = Boolean(window.crypto?.subtle && window.indexedDB);
  let known = null;
  let signedMs = -Infinity;

  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const point = async (keys) => text(await crypto.subtle.exportKey("raw", keys.publicKey));
  const sign = async (keys, ...lines) => text(await crypto.subtle.sign(SIGNING, keys.privateKey, new TextEncoder().encode(lines.join("\n"))));
  const make = () => crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);

  const { within, done, ended } = window.kept;
  const database = window.kept.database("vitrine-device", (made) => made.createObjectStore("devices", { keyPath: "store" }));
  const read = async () => done((await database()).transaction("devices").objectStore("devices").get(STORE));
  // A browser whose storage hangs is one without a key: no page may wait for it.
  const recall = () => within(STORAGE_MS, read());
  // On the disk before anybody relies on it: a key that is lost with the power would lock this device out.
  async function keep(record) {
    const held = (await database()).transaction("devices", "readwrite", { durability: "strict" });
    held.objectStore("devices").put(record);
    await ended(held);
    known = record;
  }

  async function prove() {
    if (!known) return;
    known = (await recall().catch(() => null)) ?? known;  // another page of this browser may have changed the key
    const second = Math.floor((Date.now() + AHEAD_MS) / 1000);
    const signature = await sign(known.keys, "vitrine device is here", STORE, known.device, second);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `vitrine-device-${STORE}=${known.device}.${second}.${signature}; path=/; max-age=60; samesite=strict${secure}`;
    signedMs = performance.now();
  }
  const stale = () => known && performance.now() - signedMs > STALE_MS;

  const post = (path, body) => real(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });

  // Of two pages that begin together one changes the key: the other would keep a next key that the box never heard of.
  // One that hangs there keeps no other waiting: it goes on with the key it has.
  const alone = (work) => (navigator.locks
    ? navigator.locks.request(`vitrine-device-${STORE}`, { signal: AbortSignal.timeout(ANSWER_MS) }, work)
    : work());

  // The next key is kept before the box is told: whichever of the two answers is lost, one of them is good.
  async function rotate() {
    known = (await recall()) ?? null;
    if (!known || (Date.now() - known.since < KEY_LASTS_MS && !known.next)) return;
    if (!known.next) await keep({ ...known, next: await make() });
    const public_key = await point(known.next);
    const signature = await sign(known.keys, "vitrine device changes its key", STORE, known.device, public_key);
    const answer = await post(`/api/v1/devices/${known.device}/key`, { public_key, signature });
    if (answer.status === 204) await keep({ ...known, keys: known.next, next: undefined, since: Date.now() });
  }

  async function enrol(typed) {
    const token = typed.toUpperCase().replace(/[^A-Z0-9]/g, "").replaceAll("O", "0").replaceAll("I", "1").replaceAll("L", "1");
    const keys = await make();
    const public_key = await point(keys);
    const signature = await sign(keys, "vitrine device is new", STORE, token, public_key);
    const answer = await post("/api/v1/devices", { token, public_key, signature });
    const said = await answer.json();
    if (!answer.ok) throw new Error([said.title, said.detail].filter(Boolean).join(". "));
    await within(STORAGE_MS, keep({ store: STORE, device: said.device, name: said.name, keys, since: Date.now() }))
      .catch(() => { throw new Error(); });  // the page says what it means
    navigator.storage?.persist?.();
    await prove();
  }

  // What a page asks for waits until the proof is fresh: a browser that slept has an old one.
  const real = window.fetch.bind(window);
  window.fetch = async (...asked) => {
    await ready;
    if (stale()) await prove();
    return real(...asked);
  };
  async function begin() {
    known = (await recall()) ?? null;
    if (known) await alone(rotate).catch(() => {});
    await prove();
  }
  const ready = able ? within(READY_MS, begin()).catch(() => {}) : Promise.resolve();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !stale()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    prove().catch(() => { known = null; }).then(() => event.target.requestSubmit(event.submitter));
  }, true);
  setInterval(() => prove().catch(() => {}), SIGN_EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) prove().catch(() => {}); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) prove().catch(() => {}); });

  // A page that was refused for its old proof alone goes on where it was.
  const back = document.querySelector("[data-back]");
  if (back) ready.then(() => { if (known && !stale()) location.replace(back.dataset.back); });

  const form = document.querySelector("[data-enrol]");
  if (!form) return;
  const trouble = document.querySelector("[data-enrol-trouble]");
  const tell = (words) => { trouble.hidden = !words; trouble.querySelector("p").textContent = words; };
  if (!able) { tell(form.dataset.unable); return; }
  document.querySelector("[data-enrol-form]").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell("");
    form.querySelector("button").disabled = true;
    enrol(form.elements.code.value).then(() => location.replace("/this-device")).catch((error) => {
      tell(error?.message || form.dataset.unable);
      form.querySelector("button").disabled = false;
    });
  });
})();

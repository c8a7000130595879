// A till as a witness (edge/sync/witness.py): remembers what the box recorded until the head office has it, and says so
// to whichever box it finds after a restart. Kept in IndexedDB: one record per log, one per row.
"use strict";
(() => {
  const ROWS_KEPT_MAX = 2000;
  const CHARACTERS_KEPT_MAX = 3000000;
  const ROUNDS_MAX = 50;
  const STORAGE_MS = 30000;
  let busy = Promise.resolve();
  let seen = "";
  let words = "";

  const { done } = window.kept;
  const database = window.kept.database("vitrine-till", (made) => {
    made.createObjectStore("logs", { keyPath: ["store", "epoch"] });
    made.createObjectStore("rows", { keyPath: ["store", "epoch", "seq"] });
  });

  // Everything of one call is one transaction; `strict`: the rows are on the disk before anybody relies on them.
  async function within(work) {
    const held = (await database()).transaction(["logs", "rows"], "readwrite", { durability: "strict" });
    const ended = window.kept.ended(held);
    ended.catch(() => {});
    try {
      return await window.kept.within(STORAGE_MS, (async () => {
        const result = await work(held.objectStore("logs"), held.objectStore("rows"));
        await ended;
        return result;
      })());
    } catch (error) {
      try { held.abort(); } catch { /* it has ended by itself */ }
      throw error;
    }
  }

  const ofStore = (store) => IDBKeyRange.bound([store], [store, []]);
  const ofLog = (log, upto = Infinity) => IDBKeyRange.bound([log.store, log.epoch, 0], [log.store, log.epoch, upto]);

  // Forgets rows up to `upto`; what is left still begins with the chain head before it.
  async function forget(log, upto, rows) {
    const old = await done(rows.getAll(ofLog(log, upto)));
    if (!old.length) return;
    log.before = old[old.length - 1].head;
    await done(rows.delete(ofLog(log, upto)));
  }

  async function bound(log, rows) {
    const kept = await done(rows.getAll(ofLog(log)));
    let characters = 0;
    for (let at = kept.length - 1; at >= 0; at--) {
      characters += kept[at].body.length;
      if (kept.length - at <= ROWS_KEPT_MAX && characters <= CHARACTERS_KEPT_MAX) continue;
      log.dropped += at + 1;
      await forget(log, kept[at].seq, rows);
      break;
    }
  }

  // Takes what the box gave. False: the box does not know what this till knows, so that it has to be told first.
  const take = (news) => within(async (logs, rows) => {
    const all = await done(logs.getAll(ofStore(news.store)));
    if (all.some((log) => log.term > news.term)) return false;
    let log = all.find((each) => each.epoch === news.epoch);
    if (log && (news.seq < log.seq || (news.seq === log.seq && news.head !== log.head))) return false;
    if (!log || news.first_seq > log.seq + 1) {
      log = { store: news.store, epoch: news.epoch, term: news.term, seq: news.first_seq - 1, head: news.before, before: news.before, dropped: log?.dropped ?? 0 };
      await done(rows.delete(ofLog(log)));
    }
    for (let at = log.seq + 1 - news.first_seq; at < news.rows.length; at++) {
      await done(rows.put({ store: news.store, epoch: news.epoch, seq: news.first_seq + at, body: news.rows[at], head: news.heads[at] }));
    }
    if (news.seq >= log.seq) Object.assign(log, { seq: news.seq, head: news.head, seal: news.seal });
    await forget(log, news.safe || news.upto, rows);
    await bound(log, rows);
    await done(logs.put(log));
    return { log, older: all.some((each) => each.epoch !== log.epoch) };
  });

  // The head goes into a cookie too: with it every request of this till bears witness.
  function sign(log) {
    const value = [log.term, log.epoch, log.seq, log.head, log.seal].join("~");
    document.cookie = `vitrine-witness-${log.store}=${value}; path=/; max-age=31536000; samesite=strict`;
  }

  async function send(at, logs) {
    const answer = await fetch(`/api/v1/tills/${encodeURIComponent(at.dataset.till)}/testimony`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": at.dataset.csrf },
      body: JSON.stringify({ logs }),
    });
    if (!answer.ok) throw new Error(`the box answered ${answer.status}`);
    return answer.json();
  }

  const settle = (store, settled) => within(async (logs, rows) => {
    for (const each of settled) {
      const log = await done(logs.get([store, each.epoch]));
      if (!log) continue;
      await forget(log, each.upto, rows);
      if (each.over) await done(logs.delete([store, each.epoch]));
      else await done(logs.put(log));
    }
  });

  const recall = (store) => within(async (logs, rows) => {
    const said = [];
    for (const log of await done(logs.getAll(ofStore(store)))) {
      const kept = await done(rows.getAll(ofLog(log)));
      said.push({ epoch: log.epoch, term: log.term, seq: log.seq, head: log.head, seal: log.seal, before: log.before, rows: kept.map((row) => row.body) });
    }
    return said.sort((one, other) => one.term - other.term);
  });

  // Says everything, one log at a time, the present one last; then takes what this till lacks.
  async function testify(at) {
    const store = at.dataset.store;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const logs = await recall(store);
      let told = null;
      let stopped = false;
      let unsealed = false;
      words = "";
      for (const log of logs.length ? logs : [null]) {
        told = await send(at, log ? [log] : []);
        await settle(store, told.settled);
        stopped ||= told.why !== "";
        unsealed ||= told.logs_unsealed > 0;
        if (told.rows_damaged) words = "This till's copy is damaged: tell a manager.";
      }
      if (stopped || !told.news) return;
      const taken = await take(told.news);
      if (!taken && unsealed) {
        words = "Nothing proves this till's copy: tell a manager.";
        return;
      }
      if (!taken) continue;
      sign(taken.log);
      if (!told.news.more) return;
    }
  }

  async function look(at) {
    if (!at.dataset.news || at.dataset.news === seen) return;
    const news = JSON.parse(at.dataset.news);
    const taken = await take(news);
    if (taken) sign(taken.log);
    if (!taken || taken.older || news.more) await testify(at);
    seen = at.dataset.news;
  }

  function show() {
    for (const place of document.querySelectorAll("[data-till-kept]")) place.textContent = words || "This till keeps them too.";
  }

  // One thing at a time. A till that cannot keep a copy says so, and goes on selling: the box has everything.
  function soon(work) {
    busy = busy.then(async () => {
      const at = document.getElementById("witness");
      if (!at) return;
      try {
        await work(at);
        show();
      } catch (error) {
        words = "This till keeps no second copy.";
        show();
        words = "";
        console.warn("witness:", error);
      }
    });
  }

  const comeBack = () => soon(async (at) => { await testify(at); await look(at); });
  document.addEventListener("DOMContentLoaded", () => {
    navigator.storage?.persist?.();
    comeBack();
    document.body.addEventListener("hello", comeBack);
  });
  document.addEventListener("htmx:after:swap", () => soon(look));
  window.addEventListener("online", comeBack);
})();

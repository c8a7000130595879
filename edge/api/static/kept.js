// What this browser keeps in IndexedDB: a till's memory (witness.js) and a device's key (device.js). Storage that hangs is
// storage that fails: nothing may wait for it for ever.
"use strict";
window.kept = (() => {
  const OPEN_MS = 10000;
  const within = (ms, work) => Promise.race([work, new Promise((_, bad) => setTimeout(bad, ms, new Error(`no answer in ${ms} ms`)))]);
  const done = (request) => new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error);
  });
  const ended = (held) => new Promise((good, bad) => {
    held.oncomplete = good;
    held.onerror = held.onabort = () => bad(held.error);
  });
  // Gives the one database of this name, opened when it is first asked for, and asked for again after it failed.
  function database(name, make) {
    let opened = null;
    return () => opened ??= within(OPEN_MS, (() => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => make(request.result);
      return done(request);
    })()).catch((error) => { opened = null; throw error; });
  }
  return { within, done, ended, database };
})();

// A mystery visit is kept on the telephone first, then sent; without a network it waits there and is sent once later.
import { $, announce } from "./lib/dom.js";

const form = $("[data-visit]"), net = $("[data-visit-net]", form);
const fresh = () => crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
const key = form.elements.key;
if (!key.value) key.value = fresh();

/* the store */
const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("corsia-visits", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("visits", { keyPath: "key" });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
async function store(mode, act) {
  const base = await opened;
  return new Promise((resolve, reject) => {
    const asked = act(base.transaction("visits", mode).objectStore("visits"));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
const waiting = () => store("readonly", (all) => all.getAll());

function say(text, ok = false) {
  net.hidden = !text;
  net.textContent = text;
  net.classList.toggle("ok", ok);
  if (text) announce(text);
}

/* Send one visit. Returns its address, "" without a network; throws when the server refuses it. */
async function send(visit) {
  const body = new FormData();
  visit.fields.forEach(([name, value]) => body.append(name, value));
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  let answer;
  try {
    answer = await fetch(visit.url, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch { return ""; }
  if (answer.status >= 500 || answer.status === 429 || answer.redirected) return ""; // later: signed out, or trouble of ours
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).url;
}

/* A device that says nothing when its network is back is asked again by itself, ever more patiently. */
let busy = false, wait = 3000, planned = 0;
function later() { clearTimeout(planned); planned = setTimeout(sendAll, wait); wait = Math.min(wait * 2, 60000); }

async function sendAll() {
  if (busy) return;
  clearTimeout(planned);
  busy = true;
  try {
    for (const visit of await waiting()) {
      const url = await send(visit).catch(() => null);
      if (url === null) continue; // refused: it stays, whoever opens the page sees that it waits
      if (!url) { later(); break; }
      wait = 3000;
      await store("readwrite", (all) => all.delete(visit.key));
      if (visit.key === key.value) { window.location.assign(url); return; }
      say(form.dataset.sent, true);
    }
  } finally { busy = false; }
  const left = await waiting();
  if (left.length) say(`${form.dataset.waiting} ${left.length}`);
}

form.addEventListener("submit", async (e) => {
  e.preventDefault();
  if (busy) return;
  busy = true;
  const visit = { key: key.value, url: window.location.pathname + window.location.search, fields: [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken") };
  try {
    await store("readwrite", (all) => all.put(visit));
    const url = await send(visit);
    if (url) {
      await store("readwrite", (all) => all.delete(visit.key));
      window.location.assign(url);
      return;
    }
    say(form.dataset.kept);
    later();
    form.reset();
    key.value = fresh();
  } catch {
    await store("readwrite", (all) => all.delete(visit.key));
    say(form.dataset.refused);
  } finally { busy = false; }
});
window.addEventListener("online", sendAll);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sendAll(); });
sendAll();

/* the page itself is there without a network too */
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(form.dataset.worker).then(() => navigator.serviceWorker.ready).then((ready) => {
    const loaded = performance.getEntriesByType("resource").map((one) => one.name);
    ready.active.postMessage({ keep: [window.location.href, ...loaded] });
  }).catch(() => null);
}

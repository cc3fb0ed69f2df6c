// The terminal keeps what was done on the device first, then sends it in order; without a network it waits there and is
// sent once later. Each thing carries a key and the device's own instant.
import { $, $$, announce, h } from "./lib/dom.js";

const board = $("[data-terminal]"), net = $("[data-net]"), refusals = $("[data-refused]");
const text = board.dataset;

/* the store: in order of doing */
const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("corsia-terminal", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("done", { keyPath: "number", autoIncrement: true });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
async function store(mode, act) {
  const base = await opened;
  return new Promise((resolve, reject) => {
    const asked = act(base.transaction("done", mode).objectStore("done"));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
const mine = async () => (await store("readonly", (all) => all.getAll())).filter((one) => one.who === text.who);
const waiting = async () => (await mine()).filter((one) => !one.refused);

/* Send one thing. Returns "sent", "later", or why it was refused. */
async function send(one) {
  const body = new FormData();
  one.fields.forEach(([name, value]) => body.append(name, value));
  body.set("csrfmiddlewaretoken", $("[name=csrfmiddlewaretoken]", board).value);
  let answer;
  try {
    answer = await fetch(text.send, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch { return "later"; }
  if (answer.ok && !answer.redirected) return "sent";
  if (answer.redirected || answer.status >= 500 || [401, 403, 429].includes(answer.status)) {
    const told = answer.status === 403 ? await answer.json().catch(() => null) : null;
    return told?.refused || "later"; // signed out, or trouble of ours
  }
  return (await answer.json().catch(() => ({}))).refused || text.unclear;
}

/* A phone does not always say that its network is back, or says it while a try is still failing: it is asked again. */
const SOON = 2_000, LATEST = 30_000;
let busy = false, again = false, pause = SOON, planned = 0;
async function sendAll() {
  if (busy) { again = true; return; }
  busy = true;
  again = false;
  let sent = 0, left = [];
  try {
    for (const one of await waiting()) {
      const said = await send(one);
      if (said === "later") break;
      pause = SOON;
      if (said === "sent") { await store("readwrite", (all) => all.delete(one.number)); sent += 1; }
      else await store("readwrite", (all) => all.put({ ...one, refused: said }));
    }
    left = await waiting();
    if (sent && !left.length) { window.location.reload(); return; }
    await show();
  } finally {
    busy = false;
    clearTimeout(planned);
    planned = setTimeout(sendAll, again ? 0 : left.length ? pause : LATEST);
    pause = left.length ? Math.min(pause * 2, LATEST) : SOON;
  }
}

/* what waits, what was refused, and how the page looks with it */
async function show() {
  const all = await mine(), left = all.filter((one) => !one.refused);
  net.hidden = !left.length;
  net.textContent = left.length ? `${text.waiting} ${left.length}` : "";
  refusals.replaceChildren(...all.filter((one) => one.refused).map((one) => h("li", {},
    h("span", { class: "grow" }, h("b", {}, one.title), ` ${one.refused}`),
    h("button", { class: "b b-s", type: "button", onclick: () => forget(one.number) }, text.seen))));
  for (const one of left) {
    const fields = Object.fromEntries(one.fields), row = $(`[data-line="${fields.line}"]`);
    if (fields.kind === "on" && row) runs(row, fields.key, fields.at);
    if (fields.kind === "off" && row) runs(row, "", "");
    if (fields.kind === "finish" && row) { $$("form", row).forEach((form) => { form.hidden = true; }); $("[data-state]", row).textContent = text.kept; }
    if (fields.kind === "check") {
      const check = $(`[data-order="${fields.order}"][data-item="${fields.item}"]`);
      if (check) $$("[name=verdict]", check).forEach((button) => button.setAttribute("aria-pressed", String(button.value === fields.verdict)));
    }
  }
}
async function forget(number) { await store("readwrite", (all) => all.delete(number)); await show(); }
function runs(row, key, at) {
  row.dataset.start = key;
  row.dataset.since = at;
  $("[data-on]", row).hidden = Boolean(key);
  $("[data-off]", row).hidden = !key;
  $("[data-finish]", row).hidden = Boolean(key);
}

const fieldsOf = (form, submitter) => [...new FormData(form, submitter)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
async function keep(kind, fields, title) {
  const key = crypto.randomUUID();
  const all = Object.fromEntries(fields);
  const whole = [...fields.filter(([name]) => !["kind", "key", "at", "once"].includes(name)), ["kind", kind], ["key", key], ["at", all.at || new Date().toISOString()], ["once", key.replaceAll("-", "")]];
  await store("readwrite", (rows) => rows.add({ who: text.who, title, fields: whole }));
  return key;
}
async function clockOff(row, at) {
  const form = $("[data-off]", row);
  await keep("off", [...fieldsOf(form).filter(([name]) => !["start_key", "started_at"].includes(name)), ["start_key", row.dataset.start], ["started_at", row.dataset.since], ["at", at]], form.dataset.title);
  runs(row, "", "");
}

board.addEventListener("submit", async (e) => {
  const form = e.target.closest("form[data-act]");
  if (!form) return;
  e.preventDefault();
  const row = form.closest("[data-line]"), act = form.dataset.act, at = new Date().toISOString();
  if (act === "on") {
    for (const other of $$("[data-line]").filter((one) => one.dataset.start)) await clockOff(other, at); // one thing at a time
    const key = await keep("on", [...fieldsOf(form), ["at", at]], form.dataset.title);
    runs(row, key, at);
  } else if (act === "off") await clockOff(row, at);
  else {
    if (act === "finish" && row.dataset.start) await clockOff(row, at);
    await keep(act, fieldsOf(form, e.submitter), form.dataset.title);
    if (act === "extra") { form.reset(); form.closest("details").open = false; }
  }
  announce(text.kept);
  await show();
  await sendAll();
});
window.addEventListener("online", () => { pause = SOON; sendAll(); });
show().then(sendAll);

/* the page itself is there without a network too */
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(text.worker).then(() => navigator.serviceWorker.ready).then((ready) => {
    const loaded = performance.getEntriesByType("resource").map((one) => one.name);
    ready.active.postMessage({ keep: [window.location.href, ...loaded] });
  }).catch(() => null);
}

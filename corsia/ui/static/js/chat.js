// The page in the frame: shows the conversation, sends what is typed, listens for what is new. It reads everything
// again whenever something changed, so that nothing is missed however often the connection was lost.
const body = document.body, T = body.dataset, api = T.api, $ = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const make = (tag, attributes = {}, ...children) => { const el = document.createElement(tag); for (const [key, value] of Object.entries(attributes)) value === true ? el.setAttribute(key, "") : value !== false && value !== "" && el.setAttribute(key, value); el.append(...children); return el; };
const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, key) => values[key] ?? "");

/* ---- who we are: 256 random bits that only this browser keeps ---- */
const place = `corsia-chat-${T.site}`;
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let memory = "";
function key() {
  try {
    const kept = localStorage.getItem(place);
    if (/^[0-9a-f]{64}$/.test(kept || "")) return kept;
    memory ||= hex(crypto.getRandomValues(new Uint8Array(32)));
    localStorage.setItem(place, memory);
  } catch { memory ||= hex(crypto.getRandomValues(new Uint8Array(32))); } // storage is barred: for as long as the page lives
  return memory;
}
let identity = "", hostPage = "", isOpen = window.parent === window, told = 0;

async function ask(path, data = null) {
  const answer = await fetch(`${api}${path}/`, { method: "POST", body: data, headers: { "X-Visitor": key(), "X-Language": language, "X-Identity": identity }, credentials: "omit", cache: "no-store" });
  if (answer.status === 204) return {};
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(content.error || T.tFailed), { status: answer.status });
  return content;
}
const form = (values) => { const data = new FormData(); for (const [name, value] of Object.entries(values)) data.append(name, value); return data; };

/* ---- drawing ---- */
let state = { messages: [], choices: [] }, older = [], waiting = [], isOver = false, seen = new Set(), isFirst = true;
const CAR = "M7 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0M15 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0M7 17h-2v-6l2 -5h9l4 5h1a2 2 0 0 1 2 2v4h-2m-4 0h-6m-6 -6h15m-6 0v-5";
const QUOTE = "M14 3v4a1 1 0 0 0 1 1h4M17 21h-10a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2h7l5 5v11a2 2 0 0 1 -2 2M9 12h6M9 16h6";
const BOOKING = "M4 7a2 2 0 0 1 2 -2h12a2 2 0 0 1 2 2v12a2 2 0 0 1 -2 2h-12a2 2 0 0 1 -2 -2zM16 3v4M8 3v4M4 11h16";
const BOOK = "M3 19a9 9 0 0 1 9 0a9 9 0 0 1 9 0M3 6a9 9 0 0 1 9 0a9 9 0 0 1 9 0M3 6v13M12 6v13M21 6v13", CLIP = "M15 7l-6.5 6.5a1.5 1.5 0 0 0 3 3l6.5 -6.5a3 3 0 0 0 -6 -6l-6.5 6.5a4.5 4.5 0 0 0 9 9l6.5 -6.5", CROSS = "M18 6L6 18M6 6l12 12";
function icon(d) { const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path"); svg.setAttribute("viewBox", "0 0 24 24"); svg.setAttribute("aria-hidden", "true"); path.setAttribute("d", d); svg.append(path); return svg; }
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toLocaleString(language, { maximumFractionDigits: 1 })} MB`);
const place24 = language === "en" ? "en-GB" : language, hour = new Intl.DateTimeFormat(place24, { hour: "2-digit", minute: "2-digit" }), dayName = new Intl.DateTimeFormat(place24, { weekday: "long", day: "numeric", month: "long" });
const isWeb = (url) => /^https?:\/\//i.test(url || "");
const away = { target: "_blank", rel: "noopener noreferrer" };

function linked(text) { // addresses become links, everything else stays the letters it is
  const p = make("p", { class: "t" });
  let at = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"”»]+[^\s<>"”».,;:!?)\]]/g)) { p.append(text.slice(at, found.index), make("a", { href: found[0], ...away }, found[0])); at = found.index + found[0].length; }
  p.append(text.slice(at));
  return p;
}
function drawCard(card) {
  const kind = { car: [CAR, ""], quote: [QUOTE, " low"], booking: [BOOKING, " low"] }[card.kind] || [QUOTE, " low"];
  const top = card.picture ? make("img", { src: card.picture, alt: card.title }) : make("div", { class: `ph${kind[1]}` }, icon(kind[0]));
  const inside = make("div", { class: "in" }, make("h2", {}, card.title || ""), ...(card.lines || []).map((line) => make("p", {}, line)));
  if (card.price) inside.append(make("p", { class: "price" }, card.price));
  if (card.link && isWeb(card.link.url)) inside.append(make("a", { href: card.link.url, ...away }, card.link.title || card.link.url));
  return make("article", { class: "card" }, top, inside);
}
function drawFile(file) {
  if (file.picture) return make("a", { class: "pic", href: file.url, ...away }, make("img", { src: file.url, alt: fill(T.tFile, { name: file.name }), loading: "lazy" }));
  return make("a", { class: "file", href: file.url, ...away }, icon(CLIP), make("span", {}, file.name), make("small", {}, size(file.size)));
}
function drawMessage(one, before) {
  const li = make("li", { class: `m${one.mine ? " mine" : ""}` });
  if (!one.mine && (!before || before.mine || before.author !== one.author)) li.append(make("span", { class: "by" }, make("b", {}, one.author || T.tSomebody), one.robot && one.author !== T.tRobot ? ` · ${T.tRobot}` : ""));
  else if (one.mine) li.append(make("span", { class: "vh" }, `${T.tYou}: `));
  if (one.card) li.append(drawCard(one.card));
  else if (one.text) li.append(linked(one.text));
  li.append(...one.files.map(drawFile));
  const sources = one.sources.filter((source) => isWeb(source.url));
  if (sources.length) li.append(make("ul", { class: "src", "aria-label": T.tSources }, ...sources.map((source) => make("li", {}, make("a", { href: source.url, ...away }, icon(BOOK), source.title)))));
  return li;
}
function stamp(li, one, isLast) {
  const words = hour.format(new Date(one.at));
  li.append(make("span", { class: "at" }, one.mine && isLast ? `${words} · ${one.read ? T.tRead : T.tSent}` : words));
}
function draw() {
  const log = $("log"), all = [...older, ...state.messages], atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const lastMine = all.findLastIndex((one) => one.mine), items = [];
  let day = "";
  all.forEach((one, index) => {
    const on = new Date(one.at).toDateString();
    if (on !== day) { day = on; const isToday = on === new Date().toDateString(); if (!isToday || index) items.push(make("li", { class: "day" }, isToday ? T.tToday : dayName.format(new Date(one.at)))); }
    const li = drawMessage(one, all[index - 1]), next = all[index + 1];
    if (!next || next.mine !== one.mine || Date.parse(next.at) - Date.parse(one.at) > 300e3) stamp(li, one, index === lastMine);
    items.push(li);
  });
  for (const one of waiting) {
    const li = make("li", { class: "m mine" }, one.text ? linked(one.text) : "", ...one.files.map((file) => make("span", { class: "file" }, icon(CLIP), make("span", {}, file.name))));
    const at = make("span", { class: "at" }, one.failed ? "" : T.tSending);
    if (one.failed) { const again = make("button", { type: "button" }, T.tRetry); again.addEventListener("click", () => { one.failed = false; draw(); send(one); }); at.append(again); }
    li.append(at); items.push(li);
  }
  // Only what is new is put in: a live region reads out what is added.
  const list = $("items"), before = [...list.children];
  items.forEach((li, index) => { const old = before[index]; if (!old) list.append(li); else if (old.outerHTML !== li.outerHTML) old.replaceWith(li); });
  before.slice(items.length).forEach((li) => li.remove());
  $("intro").hidden = all.length > 0 && !!state.hasMore;
  $("older").hidden = !(older.length ? older.hasMore : state.hasMore);
  const last = all.at(-1), labels = waiting.length ? [] : last ? (last.mine ? [] : last.choices) : state.choices;
  const holder = $("choices");
  if (holder.dataset.labels !== labels.join("|")) {
    holder.dataset.labels = labels.join("|");
    holder.replaceChildren(...labels.map((label, index) => { const b = make("button", { type: "button", class: index === labels.length - 1 ? "person" : "" }, label); b.addEventListener("click", () => { say(label); $("text").focus(); }); return b; }));
  }
  if (atEnd || isFirst) log.scrollTop = log.scrollHeight;
  count(all);
}
function count(all) {
  const theirs = all.filter((one) => !one.mine);
  if (isFirst) theirs.filter((one) => one.read).forEach((one) => seen.add(one.id));
  if (isOpen && !document.hidden) {
    const newest = theirs.at(-1);
    if (newest && !newest.read && newest.id > told) { told = newest.id; ask("read", form({ up_to: newest.id })).catch(() => { told = 0; }); }
    theirs.forEach((one) => seen.add(one.id));
  }
  isFirst = false;
  up({ unread: theirs.filter((one) => !one.read && !seen.has(one.id)).length });
}
function show(what) { for (const id of ["talk", "away", "over"]) $(id).hidden = id !== what; $("more").hidden = what === "away" || !state.messages.length; }
function take(fresh) {
  state = { ...state, ...fresh };
  if (fresh.messages && older.length) older = Object.assign(older.filter((one) => one.id < (state.messages[0]?.id ?? 0)), { hasMore: older.hasMore });
  if (fresh.ticket === undefined) { draw(); return; }
  $("state").textContent = state.isStaffed ? T.tOnline : state.hasBot ? T.tBot : state.opens ? fill(T.tAway, { at: state.opens }) : "";
  $("away-when").textContent = state.opens ? fill(T.tAway, { at: state.opens }) : "";
  $("me").hidden = !(T.asksName && !state.messages.length && !state.isVouched && !state.hasAddress);
  if (state.name && !$("l-name").value) $("l-name").value = state.name;
  const survey = $("survey");
  survey.hidden = !isWeb(state.survey);
  if (isWeb(state.survey)) survey.href = state.survey;
  if (state.isClosed && state.survey && !isOver && wasLive) { isOver = true; }
  show(isOver ? "over" : !state.isStaffed && !state.hasBot && !state.messages.length ? "away" : "talk");
  draw();
}
let wasLive = false;
const trouble = (words) => { $("trouble").textContent = words || ""; $("trouble").hidden = !words; };

/* ---- sending ---- */
let picked = [];
function drawPicked() { $("files").replaceChildren(...picked.map((file, index) => { const b = make("button", { type: "button", "aria-label": fill(T.tRemove, { name: file.name }) }, icon(CROSS)); b.addEventListener("click", () => { picked.splice(index, 1); drawPicked(); $("text").focus(); }); return make("li", {}, make("span", {}, file.name), b); })); }
function pick(files) { const fine = [...files].filter((file) => file.size <= 10 * 1024 * 1024); trouble(fine.length < files.length ? T.tLarge : ""); picked = [...picked, ...fine].slice(0, 5); drawPicked(); }
$("pick").addEventListener("change", (e) => { pick(e.target.files); e.target.value = ""; $("text").focus(); });
$("text").addEventListener("paste", (e) => { if (e.clipboardData?.files.length) { e.preventDefault(); pick(e.clipboardData.files); } });
$("log").addEventListener("dragover", (e) => e.preventDefault());
$("log").addEventListener("drop", (e) => { e.preventDefault(); pick(e.dataTransfer.files); });
let queue = Promise.resolve();
function say(text, files = []) {
  const one = { text, files, key: hex(crypto.getRandomValues(new Uint8Array(16))), failed: false };
  waiting.push(one); draw(); $("log").scrollTop = $("log").scrollHeight;
  return send(one);
}
function send(one) { // one after the other, so that they arrive in the order in which they were said
  queue = queue.then(async () => {
    const data = form({ text: one.text, key: one.key, page: hostPage, name: $("name").value, email: $("email").value });
    for (const file of one.files) data.append("files", file);
    try {
      const fresh = await ask("write", data);
      waiting = waiting.filter((other) => other !== one);
      trouble(""); take(fresh); listen();
    } catch (error) { one.failed = true; trouble(error.status ? error.message : T.tOffline); draw(); }
  });
  return queue;
}
function grow() { const t = $("text"); t.style.height = "auto"; t.style.height = `${t.scrollHeight + 2}px`; }
$("write").addEventListener("submit", (e) => {
  e.preventDefault();
  const text = $("text").value.trim();
  if (!text && !picked.length) { $("text").focus(); return; }
  say(text, picked);
  picked = []; drawPicked(); $("text").value = ""; grow(); $("text").focus();
});
$("text").addEventListener("keydown", (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); $("write").requestSubmit(); } });
let typed = 0;
$("text").addEventListener("input", () => { grow(); if (state.messages.length && Date.now() - typed > 3000) { typed = Date.now(); ask("typing").catch(() => {}); } });

$("leave").addEventListener("submit", async (e) => {
  e.preventDefault();
  const values = Object.fromEntries(new FormData(e.target)), error = $("l-error");
  error.hidden = true;
  e.target.dataset.key ||= hex(crypto.getRandomValues(new Uint8Array(16)));
  try {
    const fresh = await ask("write", form({ ...values, left: "1", key: e.target.dataset.key, page: hostPage }));
    $("over-title").textContent = fresh.left ? fill(T.tLeft, { case: fresh.left }) : T.tLeftPlain;
    $("over-text").hidden = true; $("mail").hidden = true; e.target.reset(); delete e.target.dataset.key;
    show("over"); $("over").focus();
  } catch (problem) { error.textContent = problem.status ? problem.message : T.tFailed; error.hidden = false; $(values.email ? "l-text" : "l-email").focus(); }
});

/* ---- listening ---- */
let source = null, wait = 1500, rereading = null, again = false;
async function reread() { // one at a time; what is asked for meanwhile is asked once more
  if (rereading) { again = true; return; }
  rereading = ask("hello");
  try { take(await rereading); trouble(""); } catch (error) { if (!error.status) trouble(T.tOffline); } finally { rereading = null; }
  if (again) { again = false; reread(); }
}
function listen() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  if (!state.ticket || !state.messages.length) return; // nobody talks to somebody who has said nothing
  source = new EventSource(`${api}stream/?t=${encodeURIComponent(state.ticket)}`);
  source.addEventListener("hello", (e) => { wait = 1500; if (wasLive ? e.data !== "resumed" : true) reread(); wasLive = true; });
  source.addEventListener("message", () => { $("typing").hidden = true; reread(); });
  source.addEventListener("read", reread);
  source.addEventListener("closed", () => { reread(); setTimeout(reread, 4000); });
  source.addEventListener("typing", showTyping);
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(async () => { await reread(); listen(); }, wait); // a new ticket
    wait = Math.min(wait * 2, 30000);
  };
}
let typingEnds = 0;
function showTyping() {
  const atEnd = $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 90;
  const person = state.messages.findLast((one) => !one.mine && !one.robot);
  $("typing-who").textContent = `${person?.author || T.tSomebody} ${T.tTyping}`;
  $("typing").hidden = false;
  if (atEnd) $("log").scrollTop = $("log").scrollHeight;
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => { $("typing").hidden = true; }, 9000);
}
$("older").addEventListener("click", async () => {
  const first = older[0] || state.messages[0], log = $("log"), below = log.scrollHeight - log.scrollTop;
  const found = await fetchOlder(first.id).catch(() => null);
  if (!found) return;
  older = Object.assign([...found.messages, ...older], { hasMore: found.hasMore });
  draw(); log.scrollTop = log.scrollHeight - below;
});
async function fetchOlder(before) {
  const answer = await fetch(`${api}messages/?before=${before}`, { headers: { "X-Visitor": key(), "X-Language": language, "X-Identity": identity }, credentials: "omit", cache: "no-store" });
  return answer.ok ? answer.json() : null;
}

/* ---- the end ---- */
const closeMenu = () => { $("more").open = false; };
$("ask-mail").addEventListener("click", () => { closeMenu(); isOver = true; $("over-title").hidden = true; $("over-text").hidden = true; show("over"); $("m-email").value ||= $("email").value; $("m-email").focus(); });
$("ask-end").addEventListener("click", async () => { closeMenu(); isOver = true; $("over-title").hidden = $("over-text").hidden = false; await ask("end").then(take, () => {}); show("over"); $("over").focus(); });
$("again").addEventListener("click", () => { isOver = false; show(!state.isStaffed && !state.hasBot && !state.messages.length ? "away" : "talk"); draw(); $("text").focus(); });
$("mail").addEventListener("submit", async (e) => {
  e.preventDefault();
  try { $("m-said").textContent = (await ask("transcript", form({ email: $("m-email").value }))).said; } catch (error) { $("m-said").textContent = error.message; }
});
document.addEventListener("click", (e) => { if (!e.target.closest("#more")) closeMenu(); });

/* ---- the page around us ---- */
const up = (words) => { if (window.parent !== window) window.parent.postMessage({ corsia: words }, "*"); }; // a number of unread messages, no words
$("close").hidden = window.parent === window;
$("close").addEventListener("click", () => up("close"));
document.addEventListener("keydown", (e) => { if (e.key !== "Escape") return; if ($("more").open) { closeMenu(); $("more").querySelector("summary").focus(); } else up("close"); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { draw(); if (state.messages.length) reread(); } });
window.addEventListener("online", () => reread());
window.addEventListener("message", async (e) => {
  if (e.source !== window.parent) return; // only pages of the list can hold this frame: the policy says so
  const given = e.data?.corsia;
  if (!given || typeof given !== "object") return;
  if (typeof given.page === "string") hostPage = given.page.slice(0, 300);
  if (typeof given.isOpen === "boolean") { isOpen = given.isOpen; if (isOpen) draw(); }
  if (typeof given.identity === "string" && given.identity !== identity) { identity = given.identity; await reread(); }
});
up("ready");
reread().then(() => { listen(); if (!$("talk").hidden && isOpen) $("text").focus({ preventScroll: true }); });

// Notes of a session: a line is kept on this device first, then sent; what could not be sent waits and is sent once later.
import { $, $$, announce, csrf, toast } from "./lib/dom.js";

const form = $("[data-entry]"), text = $("#nt-text"), list = $("#notes"), net = $("[data-net]");
const DRAFT = `corsia-session-draft-${form.dataset.place}`, QUEUE = "corsia-session-lines";
const fresh = () => crypto.getRandomValues(new Uint8Array(16)).reduce((key, byte) => key + byte.toString(16).padStart(2, "0"), "");
const lines = () => JSON.parse(localStorage.getItem(QUEUE) || "[]");
const keep = (all) => localStorage.setItem(QUEUE, JSON.stringify(all));

function say(state) {
  net.textContent = net.dataset[state];
  net.dataset.state = state;
}

/* what is being typed survives a closed lid */
text.value = text.value || localStorage.getItem(DRAFT) || "";
text.addEventListener("input", () => localStorage.setItem(DRAFT, text.value));
const cleared = () => { text.value = ""; localStorage.removeItem(DRAFT); };

/* Put a line that the server has kept onto the page, if it belongs here. */
function show(html, line) {
  if (line.place !== form.dataset.place) return;
  const row = new DOMParser().parseFromString(html, "text/html").querySelector("[data-note]");
  if (!row || document.getElementById(row.id)) return;
  $("[data-empty]")?.remove();
  list.append(document.adoptNode(row));
  window.htmx.process(row);
  row.scrollIntoView({ block: "nearest" });
}

let busy = false;
async function sendAll() {
  if (busy) return;
  busy = true;
  try {
    for (let all = lines(); all.length; all = lines()) {
      say("saving");
      const [line] = all, body = new FormData();
      Object.entries(line.fields).forEach(([name, value]) => body.append(name, value));
      let answer;
      try {
        answer = await fetch(line.url, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": csrf() }, credentials: "same-origin" });
      } catch { say("kept"); return; }
      if (answer.redirected || [401, 429].includes(answer.status) || answer.status >= 500) { say("kept"); return; } // signed out, or trouble of ours
      keep(lines().filter((one) => one.fields.key !== line.fields.key));
      const html = await answer.text();
      if (answer.ok) { show(html, line); continue; }
      toast(new DOMParser().parseFromString(html, "text/html").body.textContent.trim(), "", { bad: true, ms: 20000 });
      if (!text.value && line.place === form.dataset.place) text.value = line.fields.text; // refused: it comes back
    }
    say("saved");
  } finally { busy = false; }
}

form.addEventListener("submit", (e) => {
  e.preventDefault();
  const said = text.value.trim();
  if (!said) return;
  const fields = { text: said, key: fresh(), participant: form.elements.participant?.value ?? "" };
  if (form.elements.block) fields.block = form.elements.block.value;
  keep([...lines(), { url: form.action, place: form.dataset.place, fields }]);
  cleared();
  const nobody = $("input[name=participant][value='']", form);
  if (nobody) nobody.checked = true;
  text.focus();
  sendAll();
});
text.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
  e.preventDefault();
  form.requestSubmit();
});

/* Alt+1-9 who, Alt+Q and Alt+F on the line in hand or the last one, Alt+arrows another part */
const PARTS = { ArrowDown: "[data-next]", ArrowUp: "[data-previous]" };
document.addEventListener("keydown", (e) => {
  if (!e.altKey || e.ctrlKey || e.metaKey) return;
  const digit = /^Digit([1-9])$/.exec(e.code), act = { KeyQ: "quote", KeyF: "finding" }[e.code];
  if (digit) {
    const who = $(`[data-number="${digit[1]}"]`, form);
    if (who) { e.preventDefault(); who.checked = true; announce(who.parentElement.textContent); }
  } else if (act) {
    const row = e.target.closest?.("[data-note]") || $$("[data-note]", list).at(-1);
    if (row) { e.preventDefault(); $(`[data-act=${act}]`, row).click(); }
  } else if (PARTS[e.key]) {
    const link = $(PARTS[e.key]);
    if (link) { e.preventDefault(); link.click(); }
  }
});

/* lines that are put right save themselves; they say so */
document.body.addEventListener("htmx:beforeRequest", (e) => { if (e.target.closest("[data-note]")) say("saving"); });
document.body.addEventListener("htmx:afterRequest", (e) => {
  if (!e.target.closest("[data-note]") && !e.detail.elt?.closest?.("[data-note-form]")) return;
  say(e.detail.successful || e.detail.xhr?.status ? "saved" : "kept");
});
window.addEventListener("online", sendAll);
setInterval(() => { if (lines().length) sendAll(); }, 5000);
list.lastElementChild?.scrollIntoView({ block: "nearest" });
sendAll();

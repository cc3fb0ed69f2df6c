// Cards of phone calls, on every page of the desk. One tab of the browser listens and tells the others what it heard.
import { $, $$, announce } from "./dom.js";
import { Live } from "./live.js";

const KEPT = 30000; // ms that the card of an ended call stays, unless it is one's own or something was typed
const put = new Set(JSON.parse(sessionStorage.getItem("calls-put-away") || "[]"));
let box = null;

const text = (card) => $("textarea", card)?.value.trim() || "";
const busy = (card) => text(card) || card.contains(document.activeElement);
const cardOf = (id) => $$(`[data-call="${id}"]`);

/** Show what the server says of a call. What somebody types meanwhile stays as it is. */
function show(fresh, { anew = false } = {}) {
  const id = fresh.dataset.call;
  for (const old of cardOf(id)) {
    if (fresh.dataset.gone !== undefined && !old.hasAttribute("data-call-page") && !busy(old)) { old.remove(); continue; }
    for (const part of $$("[data-part]", fresh)) {
      const place = $(`[data-part="${part.dataset.part}"]`, old);
      if (!place || (place.hasAttribute("data-keep") && !anew)) continue;
      if (old.hasAttribute("data-call-page") && part.dataset.part === "head") continue;
      const copy = part.cloneNode(true);
      place.replaceWith(copy);
      window.htmx.process(copy);
    }
    old.className = old.hasAttribute("data-call-page") ? old.className : fresh.className;
    old.dataset.state = fresh.dataset.state;
    old.toggleAttribute("data-mine", fresh.hasAttribute("data-mine"));
    leaveSoon(old);
  }
  if (box && !$(`[data-call="${id}"]`, box) && !$(`[data-call-page][data-call="${id}"]`) && fresh.dataset.gone === undefined && !put.has(id)) {
    if (fresh.dataset.state === "ended" && !fresh.hasAttribute("data-mine")) return;
    box.prepend(fresh);
    window.htmx.process(fresh);
    announce(box.dataset.textRings.replace("%(name)s", fresh.dataset.name));
  }
}

function leaveSoon(card) {
  if (card.dataset.state !== "ended" || card.hasAttribute("data-mine") || card.hasAttribute("data-call-page")) return;
  setTimeout(() => { if (!busy(card)) card.remove(); }, KEPT);
}

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

async function look(id) {
  if (put.has(String(id))) return;
  const answer = await fetch(box.dataset.card.replace("/0/", `/${id}/`), { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!answer.ok) return; // of another unit, or gone
  const fresh = $("[data-call]", parse(await answer.text()).body);
  if (fresh) show(document.adoptNode(fresh));
}

async function reread() {
  const answer = await fetch(box.dataset.url, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (answer.ok) for (const fresh of $$("[data-call]", parse(await answer.text()).body)) show(document.adoptNode(fresh));
}

function listen(url) {
  const others = window.BroadcastChannel ? new BroadcastChannel("corsia-calls") : null;
  const told = (what) => { if (what === "reread") reread(); else look(what); };
  if (others) others.onmessage = (e) => told(e.data);
  const lead = () => {
    const tell = (what) => { told(what); others?.postMessage(what); };
    new Live(url, { list() {}, each() {}, state() {}, reread: () => tell("reread"), call: (id) => tell(id) });
  };
  if (others && navigator.locks) navigator.locks.request("corsia-calls", () => { lead(); return new Promise(() => {}); });
  else lead();
}

function begin(found) {
  if (box) return;
  box = found;
  $$("[data-call]", box).forEach((card) => { if (put.has(card.dataset.call) || $(`[data-call-page][data-call="${card.dataset.call}"]`)) card.remove(); });
  if (box.dataset.listen) listen(box.dataset.listen);
}

document.body.addEventListener("htmx:load", (e) => {
  const found = e.target.id === "calls" ? e.target : e.target.querySelector?.("#calls");
  if (found) begin(found);
});

/* the answer to a form of a card is the whole card: only what changed is taken from it */
document.body.addEventListener("htmx:afterRequest", (e) => {
  const form = e.target.closest?.("[data-call-form]");
  if (!form || !e.detail.successful) return;
  const fresh = $("[data-call]", parse(e.detail.xhr.responseText).body);
  if (!fresh) return;
  show(document.adoptNode(fresh), { anew: form.classList.contains("call-note") });
});

document.addEventListener("click", (e) => {
  const card = e.target.closest("[data-call-close]")?.closest("[data-call]");
  if (!card) return;
  put.add(card.dataset.call);
  sessionStorage.setItem("calls-put-away", JSON.stringify([...put].slice(-50)));
  card.remove();
});

import { $, $$ } from "./lib/dom.js";
import { fragment, later } from "./lib/fragments.js";
// The composer: answer or note, kept drafts, "/" for ready texts, "@" for colleagues, files, copies, send later.

const form = () => $("#composer");
const area = () => form()?.elements.text;
let mentioned = new Map(), dirty = false;

function setMode(mode, { focus = true } = {}) {
  const f = form();
  if (!f) return;
  if (f.dataset.kind !== mode) {
    keep.now();
    const text = f.elements.text.value;
    f.elements.text.value = f.dataset.other; f.dataset.other = text; // each mode has its own draft
    f.dataset.kind = f.elements.kind.value = mode;
  }
  $$("[data-mode]", f).forEach((b) => b.setAttribute("aria-pressed", b.dataset.mode === mode));
  f.elements.text.placeholder = mode === "note" ? f.dataset.hintNote : f.dataset.hintOut;
  $("[data-send]", f).textContent = mode === "note" ? f.dataset.textNote : f.dataset.textSend;
  closePicker();
  if (focus) f.elements.text.focus();
}

/* drafts: two seconds after the last key, and before the conversation changes */
async function keepDraft() {
  const f = form();
  if (!f || !dirty) return;
  dirty = false;
  const answer = await fragment(f.dataset.draft, { kind: f.elements.kind.value, text: f.elements.text.value }, { keepalive: f.elements.text.value.length < 20000 });
  const note = $("#kept");
  if (note && answer !== null && f === form()) { note.textContent = f.elements.text.value.trim() ? f.dataset.textKept : ""; }
  if (answer === null) dirty = true;
}
const keep = later(2000, keepDraft);
keep.now = () => { keepDraft(); };
document.addEventListener("input", (e) => {
  if (e.target !== area()) return;
  dirty = true; $("#kept").textContent = "";
  document.dispatchEvent(new CustomEvent("composer:typing"));
  keep(); suggest();
});
document.body.addEventListener("htmx:beforeSwap", (e) => { if (e.detail.target.id === "work") keepDraft(); });
window.addEventListener("pagehide", keepDraft);
document.addEventListener("visibilitychange", () => { if (document.hidden) keepDraft(); });

/* picker */
const list = () => $("#picker");
let at = 0, from = 0;
const options = () => $$("[role=option]", list());
function closePicker() { const p = list(); if (p) { p.hidden = true; p.replaceChildren(); area()?.removeAttribute("aria-activedescendant"); } }
function paint() { options().forEach((li, i) => { li.id = `pick-${i}`; li.setAttribute("aria-selected", i === at); if (i === at) { area().setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); } }); }
async function openPicker(url, words) {
  const nodes = await fragment(`${url}?q=${encodeURIComponent(words)}`);
  const p = list();
  if (!nodes || !p) return;
  p.replaceChildren(...nodes); p.hidden = false; at = 0; paint();
}
const suggest = later(120, () => {
  const f = form(), t = area();
  if (!t) return;
  const before = t.value.slice(0, t.selectionStart);
  const slash = f.dataset.kind === "out" && before.match(/(?:^|\n)\/([\p{L}\d ]{0,30})$/u);
  const call = f.dataset.kind === "note" && before.match(/(?:^|\s)@([\p{L}]{0,30})$/u);
  if (!slash && !call) { closePicker(); return; }
  from = before.length - (slash || call)[1].length - 1;
  openPicker(slash ? f.dataset.texts : f.dataset.colleagues, (slash || call)[1]);
});
function choose(li) {
  const t = area(), f = form();
  if (!li || !t) return;
  t.setRangeText(li.dataset.insert, from, t.selectionStart, "end");
  if (li.dataset.person) mentioned.set(Number(li.dataset.person), li.dataset.insert.trim());
  closePicker(); t.focus(); dirty = true; keep();
  f.elements.mentions.value = [...mentioned].filter(([, name]) => t.value.includes(name)).map(([id]) => id).join(" ");
}
document.addEventListener("keydown", (e) => {
  if (e.target !== area() || list().hidden) return;
  const n = options().length;
  if (e.key === "ArrowDown" && n) at = (at + 1) % n;
  else if (e.key === "ArrowUp" && n) at = (at - 1 + n) % n;
  else if ((e.key === "Enter" || e.key === "Tab") && n && !e.ctrlKey && !e.metaKey) { e.preventDefault(); choose(options()[at]); return; }
  else if (e.key === "Escape") { e.preventDefault(); closePicker(); return; } else return;
  e.preventDefault(); paint();
});

function insert(text) {
  const t = area();
  if (!t) return;
  setMode("out", { focus: false });
  t.value = t.value.trim() ? `${t.value}\n\n${text}` : text;
  dirty = true; keep(); t.focus(); t.setSelectionRange(t.value.length, t.value.length);
}
document.body.addEventListener("restoreText", (e) => insert(e.detail.text));

document.addEventListener("click", (e) => {
  const mode = e.target.closest("[data-mode]");
  if (mode) { setMode(mode.dataset.mode); return; }
  const option = e.target.closest("#picker [role=option]");
  if (option) { choose(option); return; }
  const pick = e.target.closest("[data-pick]");
  if (pick) { const f = form(), t = area(); from = t.selectionStart; t.focus(); openPicker(pick.dataset.pick === "/" ? f.dataset.texts : f.dataset.colleagues, ""); return; }
  const show = e.target.closest("[data-show]");
  if (show) {
    const part = $(show.dataset.show), on = part.hidden;
    part.hidden = !on; show.setAttribute("aria-expanded", on);
    if (on) $("input", part).focus(); else $$("input:not([type=time])", part).forEach((i) => { i.value = ""; });
    return;
  }
  if (!e.target.closest("#composer")) closePicker();
});
document.addEventListener("change", (e) => {
  if (e.target.id !== "cp-f") return;
  $("#cp-files").replaceChildren(...[...e.target.files].map((file) => { const chip = document.createElement("span"); chip.className = "chip"; chip.textContent = file.name; return chip; }));
});
document.addEventListener("paste", (e) => {
  if (e.target !== area() || !e.clipboardData.files.length) return;
  const input = $("#cp-f"), bag = new DataTransfer();
  for (const file of [...input.files, ...e.clipboardData.files]) bag.items.add(file);
  input.files = bag.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

/* sent: only then is the text gone */
document.body.addEventListener("htmx:afterRequest", (e) => {
  const f = e.detail.elt;
  if (f.id !== "composer") return;
  $("[type=submit]", f).disabled = false;
  if (!e.detail.successful || e.detail.xhr.getResponseHeader("HX-Refusal")) return;
  dirty = false; mentioned = new Map();
  // The next message is another one: a key of its own, so that only a repeat of this one is taken for a repeat.
  f.elements.once.value = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  f.elements.text.value = f.elements.mentions.value = f.elements.cc.value = f.elements.later_on.value = "";
  f.elements.files.value = ""; $("#cp-files").replaceChildren(); $("#kept").textContent = "";
  $("#cp-cc").hidden = $("#cp-later").hidden = true;
  $$("[data-show]", f).forEach((b) => b.setAttribute("aria-expanded", "false"));
  f.elements.text.focus();
});
document.body.addEventListener("htmx:beforeRequest", (e) => { if (e.detail.elt.id === "composer") $("[type=submit]", e.detail.elt).disabled = true; });

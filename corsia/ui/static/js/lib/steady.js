import { $, $$ } from "./dom.js";
// What the live stream redraws by itself waits while somebody has it in hand: an open menu, a pressed button, a field being
// filled in, an answer on its way. Otherwise a click lands on what is gone, and what its answer says is told to nobody.

const FIELD = "input:not([type=checkbox],[type=radio],[type=button],[type=submit],[type=hidden],[type=file]), select, textarea";
const owed = new Set();
let pressed = null;
const look = () => setTimeout(() => { const due = [...owed]; owed.clear(); due.forEach((redraw) => redraw()); });
const kept = (el) => !!el.closest("[hx-preserve]"); // htmx carries it over as it is
const writing = (piece) => { const at = document.activeElement; return piece.contains(at) && at.matches(FIELD) && !kept(at); };

/** Whether somebody is using a piece of the page right now. */
export const inHand = (piece) => piece.contains(pressed) || writing(piece) || !!$(".dropdown-menu.show, .htmx-request", piece);

/** Run `redraw` once a hand was taken off the page; it looks again for itself. */
export function afterwards(redraw) { owed.add(redraw); }

const name = (el) => el.id || ["hx-post", "hx-get", "href", "action", "name", "aria-label"].map((a) => el.getAttribute(a)).find(Boolean) || el.textContent.trim();
const key = (el) => [el.tagName, el.form ? name(el.form) : "", name(el)].join(" ");

/** Remember what a redraw would lose: where the focus is, what is unfolded, what is half written. Call the answer on the new piece. */
export function placesIn(old) {
  const at = document.activeElement, focus = old !== at && old.contains(at) && key(at);
  const unfolded = new Set($$("details[open]", old).map((d) => key($("summary", d))));
  const written = new Map($$("input, textarea", old).filter((el) => el.matches(FIELD) && !kept(el) && el.value !== el.defaultValue).map((el) => [key(el), el.value]));
  return (fresh) => {
    $$("details", fresh).forEach((d) => { if (unfolded.has(key($("summary", d)))) d.open = true; });
    $$("input, textarea", fresh).forEach((el) => { if (written.has(key(el))) el.value = written.get(key(el)); });
    if (focus && !fresh.contains(document.activeElement)) $$(focus.split(" ")[0], fresh).find((el) => key(el) === focus)?.focus({ preventScroll: true });
  };
}

document.addEventListener("pointerdown", (e) => { pressed = e.target; }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(() => { pressed = null; look(); }), true);
for (const end of ["focusout", "hidden.bs.dropdown", "htmx:afterRequest", "htmx:sendAbort"]) document.addEventListener(end, look);

/* htmx: a piece that hears a live event asks for itself; what comes back for a piece in hand is asked for again afterwards.
   [data-steady] keeps its place also when an answer of its own buttons redraws it. */
const again = new Map();
const once = (type) => { if (!again.has(type)) again.set(type, () => document.body.dispatchEvent(new CustomEvent(type))); return again.get(type); };
let cause = "";
function redraws(e) {
  const { target } = e.detail, own = !cause;
  if (own && !target.matches("[data-steady]")) return;
  if (!own && inHand(target)) { e.detail.shouldSwap = false; afterwards(once(cause)); return; }
  const back = placesIn(target);
  setTimeout(() => { const now = target.isConnected ? target : target.id && document.getElementById(target.id); if (now) back(now); });
}
document.addEventListener("htmx:beforeSwap", (e) => {
  const type = e.detail.requestConfig?.triggeringEvent?.type || "";
  cause = type.startsWith("live-") ? type : "";
  if (!cause || e.detail.elt.getAttribute("hx-swap") !== "none") redraws(e);
});
document.addEventListener("htmx:oobBeforeSwap", redraws);
// A piece that goes takes back what it asked for: its answer, drawn where nobody sees it, would pull what is kept (hx-preserve)
// off the page. What came after it asked is asked for again.
document.addEventListener("htmx:beforeCleanupElement", (e) => {
  const [type] = e.target.getAttribute?.("hx-trigger")?.match(/live-\w+/) || [];
  if (!type || !e.target.classList.contains("htmx-request")) return;
  window.htmx.trigger(e.target, "htmx:abort");
  afterwards(once(type)); look();
});

// Boards: cards are dragged between lists, sent there by a menu, or moved with Alt and the arrows.
// The server is the judge: a card whose move it refuses goes back where it was.
import { $, $$, announce } from "./dom.js";

/* root, card, column: selectors; lists have a data-list that names them; `draggable` those cards that may move; `next(list)` before which card one that is sent
   to a list is put; `sorts`: the place within a list counts too; `send(card, list)` tells the server. A card's data-url names it. */
export function board({ root, card, draggable = card, column, group, send, sorts = false, next = (at) => at.firstElementChild }) {
  if (!$(root)) return;
  const from = new Map();
  const lists = () => $$(`${root} [data-list]`);
  const clear = () => $$(`${column}.over`).forEach((one) => one.classList.remove("over"));
  const remember = (one, at = one.parentElement) => from.set(one.dataset.url, { list: at, next: one.nextElementSibling });
  const tell = (one) => {
    const at = one.parentElement;
    send(one, at);
    announce(`${$(root).dataset.moved} ${at.dataset.name}${sorts ? `, ${$$(draggable, at).indexOf(one) + 1}` : ""}`);
  };
  const put = (one, at, before) => {
    remember(one);
    at.insertBefore(one, before);
    one.focus();
    one.closest(column).scrollIntoView({ inline: "nearest", block: "nearest" });
    tell(one);
  };
  const shift = (one, at) => { if (at && at !== one.parentElement) put(one, at, next(at)); };
  const step = (one, by) => {
    const row = $$(card, one.parentElement), other = row[row.indexOf(one) + by];
    if (other) put(one, one.parentElement, by < 0 ? other : other.nextElementSibling);
  };
  const revert = (one) => {
    const was = one && from.get(one.dataset.url);
    if (was) { was.list.insertBefore(one, was.next?.parentElement === was.list ? was.next : null); from.delete(one.dataset.url); }
  };
  const wire = () => {
    if (!window.Sortable) return;
    lists().filter((at) => !window.Sortable.get(at)).forEach((at) => window.Sortable.create(at, {
      group, draggable, animation: 140, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 4, filter: ".dropdown",
      preventOnFilter: false, fallbackTolerance: 4, scrollSensitivity: 80, ghostClass: "sortable-ghost", dragClass: "sortable-drag",
      onStart: (e) => remember(e.item, e.from),
      onMove: (e) => { clear(); e.to.closest(column).classList.add("over"); },
      onEnd: (e) => { clear(); if (e.from !== e.to || (sorts && e.oldIndex !== e.newIndex)) tell(e.item); },
    }));
  };
  wire();
  document.body.addEventListener("htmx:afterSettle", wire);
  document.addEventListener("click", (e) => {
    const to = e.target.closest("[data-to]"), by = sorts && e.target.closest("[data-step]");
    if (to) shift(to.closest(card), lists().find((at) => at.dataset.list === to.dataset.to));
    if (by) step(by.closest(card), Number(by.dataset.step));
  });
  document.addEventListener("keydown", (e) => {
    const one = e.target;
    if (!e.altKey || !one.matches?.(draggable)) return;
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[e.key], along = sorts && { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (along) { e.preventDefault(); step(one, along); }
    const all = lists(), at = sideways && all[all.indexOf(one.parentElement) + sideways];
    if (at) { e.preventDefault(); shift(one, at); }
  });
  document.body.addEventListener("htmx:afterRequest", (e) => {
    // 422 asks for what is missing in a dialog: until it is filled in, the card stays where it was.
    if (!(e.detail.xhr?.status >= 200 && e.detail.xhr.status < 300)) revert(e.detail.elt?.closest?.(card));
  });
  document.body.addEventListener("htmx:sendError", (e) => revert(e.detail.elt?.closest?.(card)));
}

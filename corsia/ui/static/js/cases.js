import { $, $$, announce } from "./lib/dom.js";

/* filters on small screens */
document.addEventListener("click", (e) => {
  const b = e.target.closest("[data-cases-filters]");
  if (b) b.setAttribute("aria-expanded", $("#cases-filters").classList.toggle("is-open"));
});

/* bulk: tick rows, choose what to do; the preview comes from the server */
const bulk = $("[data-bulk]");
function paintBulk() {
  if (!bulk) return;
  const picks = $$("[data-pick]"), on = picks.filter((p) => p.checked);
  bulk.hidden = !on.length;
  $("[data-count]", bulk).textContent = on.length;
  const all = $("[data-pick-all]");
  if (all) { all.checked = on.length > 0 && on.length === picks.length; all.indeterminate = on.length > 0 && on.length < picks.length; }
}
function paintVerb() {
  if (!bulk) return;
  const verb = $("[data-verb]", bulk).value;
  $$("[data-value]", bulk).forEach((box) => {
    box.hidden = box.dataset.value !== verb;
    $$("input,select", box).forEach((field) => { field.disabled = box.hidden; });
  });
}
document.addEventListener("change", (e) => {
  if (e.target.matches("[data-pick-all]")) { $$("[data-pick]").forEach((p) => { p.checked = e.target.checked; }); paintBulk(); }
  if (e.target.matches("[data-pick]")) paintBulk();
  if (e.target.matches("[data-verb]")) paintVerb();
});
document.addEventListener("click", (e) => {
  if (e.target.closest("[data-pick-none]")) { $$("[data-pick]").forEach((p) => { p.checked = false; }); paintBulk(); }
});
document.body.addEventListener("htmx:afterSettle", paintBulk);
paintVerb(); paintBulk();

/* customer picker: search, choose, then the customer's vehicles */
document.addEventListener("click", (e) => {
  const hit = e.target.closest("[data-pick-customer]");
  if (!hit) return;
  const box = hit.closest("[data-customer-picker]"), name = $("[data-customer-name]", box), hits = $("[data-customer-hits]", box);
  $("[data-customer-id]", box).value = hit.dataset.pickCustomer;
  $("b", name).textContent = hit.dataset.name; name.hidden = false;
  hits.replaceChildren(); $("input[type=search]", box).value = "";
  announce(hit.dataset.name);
  const vehicles = $("[data-vehicles]", box.closest("form"));
  if (vehicles) window.htmx.ajax("GET", hits.dataset.vehiclesUrl.replace("/0/", `/${hit.dataset.pickCustomer}/`), { target: vehicles, swap: "innerHTML" });
});

/* board: the server is the judge; a refused card goes back where it was */
const from = new Map();
const lists = () => $$(".ks[data-phase]");
function move(card, list) {
  window.htmx.ajax("POST", card.dataset.url.replace("PHASE", list.dataset.phase), { source: card, swap: "none", values: { from: "board" } });
}
function shift(card, list) {
  if (!list || list === card.parentElement) return;
  from.set(card.dataset.case, { list: card.parentElement, next: card.nextElementSibling });
  list.prepend(card); card.focus();
  list.closest(".kl").scrollIntoView({ inline: "nearest", block: "nearest" });
  move(card, list);
  announce(`${$("[data-board]").dataset.moved} ${list.dataset.name}`);
}
function revert(card) {
  const place = card && from.get(card.dataset.case);
  if (place) { place.list.insertBefore(card, place.next?.parentElement === place.list ? place.next : null); from.delete(card.dataset.case); }
}
function wire() {
  if (!window.Sortable) return;
  lists().forEach((list) => {
    if (window.Sortable.get(list)) return;
    window.Sortable.create(list, {
      group: "cases", animation: 140, delay: 160, delayOnTouchOnly: true, touchStartThreshold: 4, draggable: ".kc:not(.kc-end)",
      filter: ".dropdown", preventOnFilter: false, fallbackTolerance: 4, scrollSensitivity: 80, ghostClass: "sortable-ghost", dragClass: "sortable-drag",
      onStart: (e) => from.set(e.item.dataset.case, { list: e.from, next: e.item.nextElementSibling }),
      onMove: (e) => { $$(".kl.over").forEach((n) => n.classList.remove("over")); e.to.closest(".kl").classList.add("over"); },
      onEnd: (e) => { $$(".kl.over").forEach((n) => n.classList.remove("over")); if (e.from !== e.to) move(e.item, e.to); },
    });
  });
}
if ($("[data-board]")) {
  wire();
  document.body.addEventListener("htmx:afterSettle", wire);
  document.addEventListener("click", (e) => {
    const to = e.target.closest("[data-to]");
    if (to) shift(to.closest(".kc"), $(`.ks[data-phase="${to.dataset.to}"]`));
  });
  document.addEventListener("keydown", (e) => {
    const card = e.target;
    if (!card.matches?.(".kc") || !e.altKey || !/^Arrow(Left|Right)$/.test(e.key)) return;
    const all = lists(), at = all.indexOf(card.parentElement) + (e.key === "ArrowRight" ? 1 : -1);
    if (all[at]) { e.preventDefault(); shift(card, all[at]); }
  });
  document.body.addEventListener("htmx:afterRequest", (e) => {
    const card = e.detail.elt?.closest?.(".kc");
    // 422 asks for what is missing in the dialog: until it is filled in, the card stays where it was.
    if (card && !(e.detail.xhr?.status >= 200 && e.detail.xhr.status < 300)) revert(card);
  });
  document.body.addEventListener("htmx:sendError", (e) => revert(e.detail.elt?.closest?.(".kc")));
}

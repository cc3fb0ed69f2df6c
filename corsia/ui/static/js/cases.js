import { board } from "./lib/board.js";
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

/* board */
board({
  root: "[data-board]", card: ".kc", draggable: ".kc:not(.kc-end)", column: ".kl", group: "cases",
  send: (card, list) => window.htmx.ajax("POST", card.dataset.url.replace("PHASE", list.dataset.list), { source: card, swap: "none", values: { from: "board" } }),
});

import { $, $$, announce, toast } from "./lib/dom.js";

/* A move is asked of the server, which answers with the whole tree; when it refuses, the tree is fetched again as it is. */
const open = () => $$('#org-tree button.org-toggle[aria-expanded="true"]').map((b) => b.closest("[data-unit]").dataset.unit).join(",");
const move = (item, url, values) => htmx.ajax("POST", url, { values: { ...values, open: open() }, target: "#org-tree", swap: "outerHTML", source: item });
const refresh = () => { const tree = $("#org-tree"); if (tree) htmx.ajax("GET", tree.dataset.url, { values: { open: open() }, target: "#org-tree", swap: "outerHTML" }); };

const common = {
  animation: 140, delay: 180, delayOnTouchOnly: true, touchStartThreshold: 4, fallbackTolerance: 4, scrollSensitivity: 80, ghostClass: "sortable-ghost",
  onMove: (e) => { $$(".org-over").forEach((n) => n.classList.remove("org-over")); e.to.classList.add("org-over"); },
};
const settled = () => $$(".org-over").forEach((n) => n.classList.remove("org-over"));

function arm() {
  const tree = $("#org-tree");
  if (!tree || !window.Sortable) return;
  tree.dataset.armed = "1";
  const fresh = (lists) => $$(`${lists}:not([data-armed])`, tree).map((list) => { list.dataset.armed = "1"; return list; });  // branches come later
  if (tree.dataset.units !== undefined) fresh(".org-units[data-parent]").forEach((list) => Sortable.create(list, {
    ...common, group: "units", handle: ".org-grip", draggable: ".org-unit", emptyInsertThreshold: 12, swapThreshold: .6,
    onEnd: (e) => {
      settled();
      if (e.from === e.to && e.oldIndex === e.newIndex) return;
      const next = e.item.nextElementSibling;
      move(e.item, `${tree.dataset.url}units/${e.item.dataset.unit}/move/`, { to: e.to.dataset.parent, before: next ? next.dataset.unit : "" });
    },
  }));
  if (tree.dataset.people !== undefined) fresh(".org-people").forEach((list) => Sortable.create(list, {
    ...common, group: "people", draggable: ".org-seat", sort: false, emptyInsertThreshold: 14,
    onEnd: (e) => { settled(); if (e.from !== e.to) move(e.item, `${tree.dataset.url}people/${e.item.dataset.person}/move/`, { from: e.from.dataset.unit, to: e.to.dataset.unit }); },
  }));
}
arm();
document.body.addEventListener("htmx:afterSwap", arm);

document.body.addEventListener("organisation-moved", (e) => {
  const { text, undo } = e.detail;
  const drawer = $("#org-drawer");
  if (drawer) bootstrap.Offcanvas.getInstance(drawer)?.hide();
  announce(text);
  toast(text, "", { undo: undo ? () => move(document.body, undo.url, undo.values) : null, ms: 8000 });
});
for (const failed of ["htmx:responseError", "htmx:sendError"]) document.body.addEventListener(failed, (e) => { if (e.detail.target?.id === "org-tree" && e.detail.requestConfig?.verb === "post") refresh(); });

document.addEventListener("click", (e) => {
  const toggle = e.target.closest("button.org-toggle");
  if (toggle) {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", open);
    document.getElementById(toggle.getAttribute("aria-controls")).hidden = !open;
  }
  const copy = e.target.closest("[data-copy-day]");
  if (copy) {
    const row = copy.closest("tr"), below = $$("input", row.nextElementSibling);
    $$("input", row).forEach((input, i) => { below[i].value = input.value; });
    below[0].focus();
  }
});
$$("[data-copy-day]").forEach((button) => { button.hidden = false; });

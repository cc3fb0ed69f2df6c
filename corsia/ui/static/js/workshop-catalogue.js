import { $$, announce } from "./lib/dom.js";

/* Rows of a job or package: added, taken away, moved by buttons, Alt+arrows or drag. What counts is their order in the form. */
const list = (node) => node.closest("[data-rows]");

function arm(root) {
  $$("[data-add],[data-up],[data-down],[data-drop]", root).forEach((button) => { button.hidden = false; });
}

function move(row, by) {
  const rows = [...row.parentElement.children], to = rows.indexOf(row) + by;
  if (to < 0 || to >= rows.length) return;
  if (by < 0) rows[to].before(row); else rows[to].after(row);
  announce(`${list(row).dataset.moved}: ${to + 1}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add],[data-up],[data-down],[data-drop]");
  if (!button) return;
  const row = button.closest(".ct-row");
  if (button.dataset.add) {
    const rows = document.querySelector(`[data-rows="${button.dataset.add}"]`);
    rows.append(document.querySelector(`template[data-blank="${button.dataset.add}"]`).content.cloneNode(true));
    arm(rows);
    rows.lastElementChild.querySelector("select,input")?.focus();
  } else if (button.hasAttribute("data-drop")) {
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    next?.querySelector("select,input:not([type=hidden]),button")?.focus();
  } else {
    move(row, button.hasAttribute("data-up") ? -1 : 1);
    button.focus();
  }
});

document.addEventListener("keydown", (event) => {
  const row = event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key) && event.target.closest("[data-sortable] .ct-row");
  if (!row) return;
  event.preventDefault();
  const focused = document.activeElement;
  move(row, event.key === "ArrowUp" ? -1 : 1);
  focused.focus();
});

arm(document);
if (window.Sortable) $$("fieldset:not([disabled]) [data-sortable]").forEach((rows) => Sortable.create(rows, { animation: 140, handle: ".ct-grip", draggable: ".ct-row", ghostClass: "sortable-ghost" }));

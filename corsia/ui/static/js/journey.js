// The journey map: touchpoints are moved within a stage and between stages.
import { board } from "./lib/board.js";

board({
  root: "[data-journey]", card: ".jm-c", draggable: ".jm-c[data-url]", column: ".jm-s", group: "journey", sorts: true, next: () => null,
  send: (card, list) => {
    let after = card.nextElementSibling;
    while (after && !after.dataset.url) after = after.nextElementSibling;
    window.htmx.ajax("POST", card.dataset.url, {
      source: card, swap: "none", values: { stage: list.dataset.list, before: after?.dataset.touchpoint || "" },
    });
  },
});
document.addEventListener("click", (e) => { if (e.target.closest("[data-print]")) window.print(); });

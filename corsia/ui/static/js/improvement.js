import { board } from "./lib/board.js";
import { $, $$, announce } from "./lib/dom.js";

/* matrices: a point is dragged, or moved by arrow keys; the server answers with the whole matrix. A form does the same. */
const AXIS = 10, WAIT = 500;
let waiting = 0;

const scale = (holder) => ({ left: +holder.dataset.left, top: +holder.dataset.top, x: +holder.dataset.stepX, y: +holder.dataset.stepY });
const within = (value) => Math.max(0, Math.min(AXIS, Math.round(value)));
function put(point, x, y) {
  const { left, top, x: across, y: down } = scale(point.closest("[data-matrix]"));
  point.dataset.x = x; point.dataset.y = y;
  point.setAttribute("transform", `translate(${left + x * across} ${top + (AXIS - y) * down})`);
  const id = point.id.replace("im-pt-", "");
  const fields = [$(`#im-x-${id}`), $(`#im-y-${id}`)];
  if (fields[0]) { fields[0].value = x; fields[1].value = y; }
}
const keep = (point) => window.htmx.ajax("POST", point.dataset.url, { values: { x: point.dataset.x, y: point.dataset.y }, target: "#im-matrix", swap: "outerHTML", source: point });

document.addEventListener("pointerdown", (e) => {
  const point = e.target.closest(".im-pt[data-url]");
  if (!point || e.button) return;
  e.preventDefault();
  point.focus();
  const svg = point.closest("svg"), holder = point.closest("[data-matrix]"), { left, top, x: across, y: down } = scale(holder);
  const before = [point.dataset.x, point.dataset.y];
  point.classList.add("is-held");
  point.setPointerCapture(e.pointerId);
  const move = (to) => {
    const box = svg.getBoundingClientRect(), ratio = svg.viewBox.baseVal.width / box.width;
    put(point, within(((to.clientX - box.left) * ratio - left) / across), within(AXIS - ((to.clientY - box.top) * ratio - top) / down));
  };
  const end = (to) => {
    point.removeEventListener("pointermove", move);
    point.classList.remove("is-held");
    if (to.type === "pointercancel") { put(point, ...before); return; }
    if (point.dataset.x !== before[0] || point.dataset.y !== before[1]) keep(point);
  };
  point.addEventListener("pointermove", move);
  point.addEventListener("pointerup", end, { once: true });
  point.addEventListener("pointercancel", end, { once: true });
});

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
document.addEventListener("keydown", (e) => {
  const point = e.target.closest?.(".im-pt[data-url]"), step = STEPS[e.key];
  if (!point || !step || e.altKey || e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  put(point, within(+point.dataset.x + step[0]), within(+point.dataset.y + step[1]));
  announce(`${point.dataset.x}, ${point.dataset.y}`);
  clearTimeout(waiting);
  waiting = setTimeout(() => keep(point), WAIT);
});

/* pipeline */
board({
  root: "[data-pipeline]", card: ".kc", draggable: ".kc:not(.kc-end)", column: ".kl", group: "actions",
  send: (card, list) => window.htmx.ajax("POST", card.dataset.url, { source: card, swap: "none", values: { state: list.dataset.list } }),
});

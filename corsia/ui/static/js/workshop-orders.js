// Reception and orders: damages tapped on a drawing, a pad to sign on, the fuel said in figures.
import { $, $$ } from "./lib/dom.js";

/* damages: each is a line of the list; a dot on the drawing shows where */
const list = $("[data-damages]"), drawing = $("[data-tap]"), blank = $("template[data-damage]");
function place(box, dot, x, y) { dot.style.left = `${x}%`; dot.style.top = `${y}%`; box.append(dot); }
function dotOf(number) {
  const dot = document.createElement("span");
  dot.className = "ws-dot";
  dot.textContent = number;
  dot.setAttribute("aria-hidden", "true");
  return dot;
}
function redraw() {
  $$(".ws-dot", drawing).forEach((dot) => dot.remove());
  $$("li", list).forEach((line, index) => {
    const [x, y] = $$(".ws-xy", line).map((field) => Math.min(100, Math.max(0, Number(field.value) || 0)));
    place(drawing, dotOf(index + 1), x, y);
  });
}
function add(x = 50, y = 50) {
  list.append(blank.content.cloneNode(true));
  const line = list.lastElementChild, [across, down] = $$(".ws-xy", line);
  across.value = x;
  down.value = y;
  redraw();
  $("[name=damage_note]", line).focus();
}
if (drawing) {
  drawing.addEventListener("click", (e) => {
    const box = drawing.getBoundingClientRect();
    add(Math.round(((e.clientX - box.left) / box.width) * 100), Math.round(((e.clientY - box.top) / box.height) * 100));
  });
  $("[data-add-damage]").addEventListener("click", () => add());
  list.addEventListener("input", redraw);
  list.addEventListener("click", (e) => {
    const button = e.target.closest("[data-remove-damage]");
    if (!button) return;
    button.closest("li").remove();
    redraw();
    $("[data-add-damage]").focus();
  });
  redraw();
}
$$("[data-draw]:not([data-tap])").forEach((box) => $$(".ws-dot", box).forEach((dot) => place(box, dot, dot.dataset.x, dot.dataset.y)));

/* fuel */
const fuel = $("input[name=fuel]");
fuel?.addEventListener("input", () => { $("[data-fuel]").textContent = fuel.value; });

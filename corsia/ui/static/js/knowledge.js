// The editor of articles: marks and keys go where the cursor last was.
let field = null;
const source = () => field ?? document.querySelector(".kb-src");
document.addEventListener("focusin", (event) => { if (event.target.matches(".kb-src")) field = event.target; });

function put(text, { select = null } = {}) {
  const area = source();
  if (!area) return;
  const start = area.selectionStart;
  area.focus();
  area.setRangeText(text, start, area.selectionEnd, "end");
  if (select) area.setSelectionRange(start + select[0], start + select[1]);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
function around(mark) {
  const area = source(), chosen = area.value.slice(area.selectionStart, area.selectionEnd);
  put(`${mark}${chosen}${mark}`, { select: [mark.length, mark.length + chosen.length] });
}
function lines(mark) {
  const area = source();
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  area.setSelectionRange(start, Math.max(start, area.selectionEnd));
  put(area.value.slice(start, area.selectionEnd).split("\n").map((line) => mark + line).join("\n"));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-md],[data-line],[data-link],[data-put]");
  if (!button || !source()) return;
  if (button.dataset.md) around(button.dataset.md);
  else if (button.dataset.line) lines(button.dataset.line);
  else if (button.dataset.put) put(button.dataset.put);
  else {
    const area = source(), chosen = area.value.slice(area.selectionStart, area.selectionEnd);
    put(`[${chosen}](https://)`, { select: chosen ? [chosen.length + 3, chosen.length + 11] : [1, 1] });
  }
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".kb-src") || !(event.ctrlKey || event.metaKey)) return;
  const mark = { b: "**", i: "*" }[event.key.toLowerCase()];
  if (mark) { event.preventDefault(); around(mark); }
});
document.addEventListener("submit", (event) => {
  const { ask } = event.target.dataset;
  if (ask && !window.confirm(ask)) event.preventDefault();
});

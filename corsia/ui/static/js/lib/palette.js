import { $, $$ } from "./dom.js";
// Ctrl+K: pages are there at once; customers, cases and vehicles come from the sources that the page names.
const box = $("#palette"), q = $("#pal-q"), list = $("#pal-list");
const shown = () => $$("li", list).filter((li) => !li.hidden);
let at = 0, timer = 0, running = null;

function paint() {
  $$("li", list).forEach((li) => li.setAttribute("aria-selected", "false"));
  shown().forEach((li, i) => {
    li.id = `pal-${i}`; li.setAttribute("aria-selected", i === at);
    if (i === at) { q.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  });
  if (!shown().length) q.removeAttribute("aria-activedescendant");
  $("#pal-none").hidden = Boolean(shown().length);
}

async function find(words) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const urls = (q.dataset.sources || "").split(" ").filter(Boolean);
  const answers = await Promise.all(urls.map((url) =>
    fetch(`${url}?q=${encodeURIComponent(words)}`, { signal, headers: { "HX-Request": "true" } }).then((r) => (r.ok ? r.text() : "")).catch(() => "")));
  if (signal.aborted) return;
  $$("li[data-found]", list).forEach((li) => li.remove());
  for (const html of answers) {
    for (const li of new DOMParser().parseFromString(html, "text/html").querySelectorAll("li[data-href]")) { li.dataset.found = ""; list.append(li); }
  }
  paint();
}

const open = (li) => { if (li) location.href = li.dataset.href; };

if (box) {
  document.addEventListener("click", (e) => { if (e.target.closest("[data-palette]")) box.showModal(); });
  q.addEventListener("input", () => {
    const words = q.value.trim();
    $$("li:not([data-found])", list).forEach((li) => { li.hidden = !li.textContent.toLowerCase().includes(words.toLowerCase()); });
    if (words.length < 2) { running?.abort(); $$("li[data-found]", list).forEach((li) => li.remove()); }
    at = 0; paint();
    clearTimeout(timer);
    if (words.length >= 2) timer = setTimeout(() => find(words), 150);
  });
  q.addEventListener("keydown", (e) => {
    const n = shown().length;
    if (e.key === "ArrowDown") at = n ? (at + 1) % n : 0;
    else if (e.key === "ArrowUp") at = n ? (at - 1 + n) % n : 0;
    else if (e.key === "Escape") { e.preventDefault(); box.close(); return; } // once: a search field would first empty itself
    else if (e.key === "Enter") { e.preventDefault(); open(shown()[at]); return; } else return;
    e.preventDefault(); paint();
  });
  list.addEventListener("click", (e) => open(e.target.closest("li")));
  paint();
}

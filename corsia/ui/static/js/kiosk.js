// A survey on a device that many use: pages change in place, so that the whole screen stays taken and nothing can be gone
// back to; whoever leaves takes what they typed with them, after a minute or at the end.
const IDLE = 60_000, WARN = 10_000, THANKS = 8_000, RETRY = 10_000;
const start = document.body.dataset.kiosk;
let here = location.href, timer = 0, warning = 0;

const find = (selector) => document.querySelector(selector);

function wait() {
  clearTimeout(timer); clearTimeout(warning);
  find("[data-still]").hidden = true;
  if (!find("main form")) { timer = setTimeout(restart, THANKS); return; }
  warning = setTimeout(() => { find("[data-still]").hidden = !touched(); }, IDLE - WARN);
  timer = setTimeout(restart, IDLE);
}
// The untouched first page has nobody before it: it need not be fetched again and again.
const touched = () => new URL(here).pathname !== start || new URL(here).search !== "" || Boolean(find("main input:checked"));

function restart() { if (touched() || !find("main form")) show(start); else wait(); }

async function show(address, init = {}) {
  clearTimeout(timer); clearTimeout(warning);
  document.body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(new URL(address, here), { credentials: "same-origin", ...init });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("main")) throw new Error("no page");
    here = answer.url;
    document.documentElement.lang = page.documentElement.lang;
    find("main").replaceWith(document.adoptNode(page.querySelector("main")));
    find("header nav").replaceWith(document.adoptNode(page.querySelector("header nav")));
    window.scrollTo(0, 0);
    wait();
  } catch {
    find("[data-offline]").hidden = false;
    timer = setTimeout(() => location.replace(start), RETRY); // without a network the browser shows the start when it is back
    return;
  } finally {
    document.body.removeAttribute("aria-busy");
  }
  find("[data-offline]").hidden = true;
}

document.addEventListener("submit", (e) => {
  e.preventDefault();
  show(e.target.getAttribute("action") || here, { method: "POST", body: new URLSearchParams(new FormData(e.target)) });
});
document.addEventListener("click", (e) => {
  const link = e.target.closest("a[href]");
  if (link) { e.preventDefault(); if (link.getAttribute("href").startsWith("?")) show(link.getAttribute("href")); return; }
  if (e.target.closest("[data-whole]")) document.documentElement.requestFullscreen?.();
});
for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, wait, { passive: true });
document.addEventListener("fullscreenchange", () => { find("[data-whole]").hidden = Boolean(document.fullscreenElement); });
find("[data-whole]").hidden = !document.fullscreenEnabled;
wait();

// The visit link keeps up while somebody looks at it: it asks for a word, and draws itself anew when the word changed.
import { arm } from "./workshop-sign.js";

const EVERY = 12_000, LATER = 60_000; // ms: while all is well, and after an answer that was none
const main = document.querySelector("main"), news = document.querySelector("[data-news]");
const top = () => main.querySelector("[data-version]");
const fields = () => [...main.querySelectorAll("input[type=text], textarea")];
const isSigned = () => [...main.querySelectorAll("input[name=signature]")].some((field) => field.value);
let timer = 0, asking = false;

const draw = async () => {
  const answer = await fetch(`${location.pathname}?l=${document.documentElement.lang}`);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!fresh.querySelector("[data-version]") || isSigned()) return; // a signature begun meanwhile is not taken away
  const typed = fields().filter((field) => field.value !== field.defaultValue).map((field) => [field.id, field.value]);
  const focused = document.activeElement?.id;
  main.replaceChildren(...fresh.childNodes);
  typed.forEach(([id, value]) => { const field = document.getElementById(id); if (field) field.value = value; });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  arm(main);
  news.textContent = `${news.dataset.text} ${main.querySelector("[aria-current=step] span:last-child")?.textContent ?? ""}`;
};

const ask = async () => {
  clearTimeout(timer);
  if (document.visibilityState !== "visible" || asking) return; // it asks again when it is looked at
  asking = true;
  let pause = EVERY;
  try {
    const answer = await fetch(`${location.pathname}version/`, { cache: "no-store" });
    if (!answer.ok) pause = LATER;
    else if ((await answer.text()) !== top().dataset.version && !isSigned()) await draw();
  } catch {
    pause = LATER; // no network: `online` asks at once
  }
  asking = false;
  timer = setTimeout(ask, pause);
};

document.addEventListener("visibilitychange", ask);
addEventListener("online", ask);
timer = setTimeout(ask, EVERY);

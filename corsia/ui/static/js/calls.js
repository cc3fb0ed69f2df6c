// The keyboard of whoever interviews: digits choose, Enter goes on, Backspace goes back; dialling writes the call down.
import { $, $$ } from "./lib/dom.js";

const writes = (t) => t.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=hidden])") || t.isContentEditable;
let first = "";

document.addEventListener("keydown", (e) => {
  const form = $("[data-reply]");
  if (!form || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || writes(e.target)) return;
  if ($("dialog[open]") || document.body.dataset.noHotkeys !== undefined) return;
  if (/^[0-9]$/.test(e.key)) {
    const keys = $$("[data-key]", form);
    const found = keys.find((x) => x.dataset.key === first + e.key) || keys.find((x) => x.dataset.key === e.key);
    if (!found) return;
    e.preventDefault();
    first = found.dataset.key === e.key ? e.key : ""; // "1", then "0", is 10
    found.click();
    found.focus();
  } else if (e.key === "Enter" && !e.target.closest("a, button")) {
    e.preventDefault();
    form.requestSubmit();
  } else if (e.key === "Backspace") {
    const back = $("[data-back]", form);
    if (back) { e.preventDefault(); back.click(); }
  }
});

document.addEventListener("click", (e) => {
  // The number opens the telephone; that it was dialled is written down at the same moment.
  if (e.target.closest("[data-dial]")) setTimeout(() => $("#oc-dialled")?.requestSubmit(), 100);
});

const settle = () => { first = ""; $("[data-focus]")?.focus(); };
document.addEventListener("htmx:afterSettle", settle);
settle();

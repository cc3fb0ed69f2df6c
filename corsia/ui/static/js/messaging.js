// The text editor: a key goes where the cursor last was.
let field = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("#text-form textarea, #text-form input[name^=subject]")) field = event.target;
});
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-key]");
  if (!chip) return;
  field ??= document.querySelector("#text-form textarea");
  field.setRangeText(chip.dataset.key, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
// The list of what was received: one box marks all others.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-pick-all]")) return;
  for (const box of document.querySelectorAll("[data-pick]:not(:disabled)")) box.checked = event.target.checked;
});

import { $ } from "./lib/dom.js";
// Discussions among colleagues: calling somebody by name, the names of chosen files, the last line in sight.

const toEnd = () => { const lines = $("#talk-lines"); if (lines) lines.scrollTop = lines.scrollHeight; };

document.addEventListener("change", (e) => {
  if (e.target.matches("[data-talk-call]") && e.target.value) {
    const box = $("[data-talk-text]"), before = box.value.slice(0, box.selectionStart), after = box.value.slice(box.selectionEnd);
    const start = before && !/\s$/.test(before) ? `${before.replace(/@\S*$/, "")} ` : before.replace(/@$/, "");
    box.value = `${start.replace(/ {2,}$/, " ")}@${e.target.value} ${after}`;
    e.target.value = "";
    box.focus();
  }
  if (e.target.matches("[data-talk-files]")) {
    $("[data-talk-names]").textContent = [...e.target.files].map((file) => file.name).join(", ");
  }
});
document.addEventListener("keydown", (e) => {
  if (e.target.matches?.("[data-talk-text]") && e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); e.target.form.requestSubmit(); }
});
document.body.addEventListener("htmx:afterSettle", (e) => {
  const target = e.detail.target || e.target;
  if (target.closest?.("[data-talk]") || target.querySelector?.("[data-talk]")) toEnd();
});
const drawer = $("#talk");
if (drawer && new URLSearchParams(location.search).has("talk")) drawer.showModal();

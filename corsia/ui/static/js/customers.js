// Show only the fields of the chosen kind of customer. Without script all are shown; the server takes what fits.
const form = document.querySelector("form[data-kinds]");
function show() {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
}
if (form) { form.addEventListener("change", show); show(); }

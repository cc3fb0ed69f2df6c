// Find a vehicle on the terminal by what stands on it: plate or VIN typed, or the barcode of the VIN under the camera.
// It asks nobody: what is on the page is enough, with or without a network.
import { $, $$, announce } from "./lib/dom.js";

const box = $("[data-find]");
const plain = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

/** Show the vehicles that something names, all of them for nothing; return those shown. */
function find(words) {
  const wanted = plain(words), jobs = $$("[data-names]");
  const shown = jobs.filter((job) => job.dataset.names.split(" ").some((name) => plain(name).includes(wanted)));
  jobs.forEach((job) => { job.hidden = !shown.includes(job); });
  $$("details[data-others]").forEach((rest) => { if (wanted && shown.some((job) => rest.contains(job))) rest.open = true; });
  const said = !wanted ? "" : shown.length ? `${box.dataset.found} ${shown.length}` : box.dataset.none;
  $("[data-said]", box).textContent = said;
  return wanted ? shown : [];
}

/** Read a barcode from a photo: a VIN as it stands on windscreen and door pillar. */
async function read(photo) {
  const codes = await new window.BarcodeDetector().detect(await createImageBitmap(photo)).catch(() => []);
  return codes.map((code) => plain(code.rawValue).replace(/^I(?=.{17}$)/, "")).find((code) => code.length >= 5) ?? "";
}

if (box) {
  const words = $("[name=find]", box), camera = $("[name=scan]", box);
  box.hidden = false;
  words.addEventListener("input", () => find(words.value));
  if ("BarcodeDetector" in window) camera.closest("label").hidden = false;
  camera.addEventListener("change", async () => {
    const code = camera.files.length ? await read(camera.files[0]) : "";
    camera.value = "";
    if (!code) { $("[data-said]", box).textContent = box.dataset.unread; return; }
    words.value = code;
    const [first] = find(code);
    if (!first) return;
    first.scrollIntoView({ block: "start" });
    $("h2", first).focus({ preventScroll: true });
    announce($("h2", first).textContent.trim());
  });
}

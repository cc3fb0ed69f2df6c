// The page of a proposal hears of its workshop; without the stream it asks every few seconds while it is worked out.
import { Live } from "./lib/live.js";

const box = document.querySelector("[data-stream][data-unit]");
const look = () => document.body.dispatchEvent(new CustomEvent("live-plan"));
if (box?.dataset.stream) {
  const unit = Number(box.dataset.unit);
  new Live(box.dataset.stream, { list() {}, each() {}, state() {}, reread: look, plan(id) { if (id === unit) look(); } });
}

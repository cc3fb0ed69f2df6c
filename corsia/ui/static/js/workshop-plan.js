import { $, $$, announce, csrf, h, lang, toast } from "./lib/dom.js";
import { later } from "./lib/fragments.js";
import { Live } from "./lib/live.js";
// The plan of a workshop: a timeline of technicians. The server judges every move; what it refuses goes back, with the reason.

const SVG = "http://www.w3.org/2000/svg", HALF_HOUR = 30, NAMES = 208;
const PHONE = matchMedia("(max-width: 767px)");
const two = (n) => String(n).padStart(2, "0");
const iso = (d) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:00`;
const hm = (d) => `${two(d.getHours())}:${two(d.getMinutes())}`;
const day = (d) => d.toLocaleDateString(lang, { weekday: "long", day: "numeric" });
const plan = () => $("#pl-plan");
const say = (key, values = {}) => Object.entries(values).reduce((words, [name, value]) => words.replace(`%(${name})s`, value), plan().dataset[key]);

/* icons that Django drew once inside <template id="pl-icons"> become symbols */
let sprite = null;
function icon(name) {
  if (!sprite) {
    sprite = document.createElementNS(SVG, "svg"); sprite.setAttribute("hidden", ""); sprite.setAttribute("aria-hidden", "true");
    for (const box of $("#pl-icons").content.querySelectorAll("[data-i]")) {
      const symbol = document.createElementNS(SVG, "symbol");
      symbol.id = `pl-${box.dataset.i}`; symbol.setAttribute("viewBox", "0 0 24 24"); symbol.append(...[...$("svg", box).childNodes].map((n) => n.cloneNode(true)));
      sprite.append(symbol);
    }
    document.body.append(sprite);
  }
  const svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
  for (const [k, v] of Object.entries({ class: "i", width: 13, height: 13, fill: "none", stroke: "currentColor", "stroke-width": 1.75, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" })) svg.setAttribute(k, v);
  use.setAttribute("href", `#pl-${name}`); svg.append(use);
  return svg;
}

async function post(url, values) {
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": csrf(), Accept: "application/json" }, credentials: "same-origin" });
    const body = await answer.json().catch(() => ({}));
    return { ok: answer.ok, status: answer.status, ...body };
  } catch { return { ok: false, status: 0, message: say("textOffline") }; }
}

/** Ask whether a promise may be broken. */
function ask(sentence) {
  const dialog = $("#pl-promise");
  $("[data-sentence]", dialog).textContent = sentence;
  dialog.returnValue = "no";
  return new Promise((answer) => { dialog.onclose = () => answer(dialog.returnValue === "yes"); dialog.showModal(); });
}

/** Have the server put a step somewhere; what it refuses is said, and `false` comes back. */
async function put(url, values, { refused = null } = {}) {
  let answer = await post(url, values);
  if (answer.code === "workshop.promise_broken") {
    if (!(await ask(answer.message))) return false;
    answer = await post(url, { ...values, accept: "1" });
  }
  if (!answer.ok) {
    const why = answer.message || say("textOffline");
    if (refused) refused(why); else toast(say("textRefused"), why, { bad: true, ms: 9000 });
    announce(`${say("textRefused")}: ${why}`);
    if (answer.code === "workshop.plan_changed" || answer.code === "workshop.taken_meanwhile") refresh();
    return false;
  }
  toast(answer.title, answer.text, { ms: 20000, undo: () => undo(answer.undo) });
  announce(say("textMoved", { work: answer.title, text: answer.text }));
  await reread();
  return true;
}

async function undo(url) {
  const answer = await post(url, {});
  toast(answer.ok ? answer.title : say("textRefused"), answer.ok ? "" : answer.message, { bad: !answer.ok });
  await reread();
}

/** Read the whole plan again: timeline, list of what waits, lists for phones. */
async function reread() {
  document.body.dispatchEvent(new CustomEvent("live-plan"));
  await plan().read();
}
const refresh = later(120, reread);

function bar(load) {
  // widths as SVG attributes: allowed by style-src 'self', unlike style="width:…"
  if (load === null) return h("span", { class: "load none" }, plan().dataset.textAway);
  const svg = document.createElementNS(SVG, "svg"), rect = document.createElementNS(SVG, "rect");
  svg.setAttribute("viewBox", "0 0 100 10"); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("aria-hidden", "true");
  rect.setAttribute("width", Math.min(100, load)); rect.setAttribute("height", "10"); svg.append(rect);
  return h("span", { class: `load${load > 100 ? " over" : load > 90 ? " hi" : ""}`, title: say("textLoad", { pct: load }) }, svg, `${load}%`);
}

/** The calendar draws "now" by the browser's clock: where the workshop's says another hour, no line is better. */
const wallClock = (timeZone) => new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short", timeZone }).format(new Date());

class WorkshopPlan extends HTMLElement {
  connectedCallback() {
    this.rows = new Map();
    this.spec = JSON.parse(this.dataset.spec);
    this.filter = null;
    this.dragged = false;
    if (!PHONE.matches) this.draw();
    PHONE.addEventListener("change", () => { if (!PHONE.matches && !this.calendar) this.draw(); });
  }
  disconnectedCallback() { if (this.calendar) EventCalendar.destroy(this.calendar); }

  draw() {
    const s = this.spec, [opens, closes] = [s.opens, s.closes].map((x) => Number(x.slice(0, 2)));
    const minutes = s.view === "week" ? 2 * HALF_HOUR : HALF_HOUR;
    const slots = Math.max(1, (s.days - new Set(s.hidden).size) * (closes - opens) * (60 / minutes));
    const width = Math.max(s.view === "week" ? 15 : 24, Math.floor((this.clientWidth - NAMES - 4) / slots));
    this.style.setProperty("--rows", Math.max(1, s.technicians.length));
    this.calendar = EventCalendar.create(this, {
      view: s.view === "week" ? "resourceTimelineWeek" : "resourceTimelineDay", ...(s.view === "week" ? {} : { duration: { days: s.days } }), date: s.first, locale: lang, firstDay: 1, hiddenDays: [...new Set(s.hidden)],
      height: "100%", headerToolbar: { start: "", center: "", end: "" },
      slotMinTime: s.opens, slotMaxTime: s.closes, slotDuration: s.view === "week" ? "01:00" : "00:30", slotLabelInterval: s.view === "week" && width < 30 ? "02:00" : "01:00", snapDuration: `00:${two(s.grain)}`, slotWidth: width,
      slotLabelFormat: { hour: "numeric", hourCycle: "h23" }, dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
      resources: s.technicians.map((t) => ({ id: t.id, title: t.name, extendedProps: t })), resourceLabelContent: (i) => this.label(i),
      resourceLabelDidMount: ({ el, resource }) => this.rows.set(resource.id, el),
      events: [...s.background, ...s.events], eventContent: (i) => this.content(i), eventGap: 3, nowIndicator: wallClock(s.zone) === wallClock(),
      editable: s.mayPlan, eventDurationEditable: false, dragScroll: true, longPressDelay: 350, eventDragMinDistance: 4,
      eventDidMount: ({ el, event }) => { if (event.display !== "background") { el.dataset.skill = event.extendedProps.skill; el.dataset.event = event.id; } else if (!event.title) el.setAttribute("aria-hidden", "true"); },
      eventDragStart: ({ event }) => { this.dragged = true; this.match(event.extendedProps.skill, event.extendedProps.level); },
      eventDragStop: () => { this.match(null); setTimeout(() => { this.dragged = false; }, 60); },
      eventDrop: (drop) => this.dropped(drop),
      eventAllUpdated: () => { this.paint(); this.nameParts(); this.refocus(); },
    });
    this.setAttribute("data-ready", "");
  }

  label({ resource }) {
    const t = resource.extendedProps, words = t.name.split(" ");
    const skills = Object.entries(t.skills).filter(([id]) => this.spec.skills[id]).slice(0, 4).map(([id]) => h("span", { title: this.spec.skills[id][0] }, icon(`s${id}`)));
    return { domNodes: [h("div", { class: "tech", "data-tech": t.id },
      h("span", { class: `av av-sm av-h${Number(t.id) % 7 + 1}`, "aria-hidden": "true" }, words[0][0] + (words.at(-1)?.[0] || "")),
      h("div", { class: "grow" }, h("div", { class: "tech-n" }, h("b", { class: "ell" }, t.name)), h("div", { class: "tech-m" }, h("span", { class: "tsk" }, ...skills), bar(t.load))))] };
  }

  content({ event }) {
    const x = event.extendedProps;
    if (event.display === "background") return { domNodes: [h("div", { class: `ab ab-${x.kind}` }, event.title ? h("span", {}, event.title) : "")] };
    const who = this.spec.technicians.find((t) => t.id === event.resourceIds[0])?.name || "", marks = h("span", { class: "ic" }), sp = (c, t) => h("span", { class: c }, t);
    if (["done", "late", "waiting"].includes(x.state)) marks.append(icon(x.state));
    if (x.waits) marks.append(icon("waits"));
    const more = [x.label, who, day(event.start), x.bay, x.waits && say("textWaits"), x.promised && say("textPromised", { hour: x.promised })].filter(Boolean).join(", ");
    // a real <button>: focusable, announced, and it spares the library's role="button" on <article>
    return { domNodes: [h("button", { type: "button", class: `jb jb-${x.state}`, "data-job": event.id, title: `${event.title} · ${x.customer}` },
      h("span", { class: "jb-i" }, h("b", {}, icon(`s${this.spec.skills[x.skill] ? x.skill : ""}`), h("span", {}, event.title), marks), h("small", {}, x.customer, sp("x-car", ` · ${x.car}`)), h("small", { class: "tn" }, hm(event.start), sp("x-end", `–${hm(event.end)}`), sp("x-plate", ` · ${x.plate}`)), h("span", { class: "visually-hidden" }, ` ${more}`)))] };
  }

  async dropped({ event, oldEvent, revert }) {
    if (!(await this.move(oldEvent, event.resourceIds[0], event.start))) revert();
  }
  move(from, technician, start) {
    const seen = { seen_technician: from.resourceIds[0], seen_start: iso(from.start) };
    return put(`${this.dataset.step.replace("/0/", `/${from.id}/`)}move/`, { technician, start: iso(start), ...seen });
  }

  /** Alt and an arrow: earlier, later, to the technician above or below. */
  nudge(id, key) { this.turn = (this.turn || Promise.resolve()).then(() => this.step(id, key)); } // one after the other: each from where the last one led
  async step(id, key) {
    const event = this.calendar.getEventById(id);
    if (!event?.extendedProps.mayMove) return;
    const at = this.spec.technicians.findIndex((t) => t.id === event.resourceIds[0]), step = { ArrowUp: -1, ArrowDown: 1 }[key] || 0;
    const technician = this.spec.technicians[at + step]?.id;
    if (!technician) return;
    const start = new Date(event.start.getTime() + ({ ArrowLeft: -1, ArrowRight: 1 }[key] || 0) * this.spec.grain * 60000);
    this.focused = id;
    await this.move(event, technician, start);
  }
  refocus() {
    if (!this.focused) return;
    const button = $(`[data-job="${this.focused}"]`, this);
    if (button && !$("dialog[open]")) { button.focus({ preventScroll: true }); }
  }

  /** Fetch the plan as it is now and draw again only what changed. */
  async read() {
    if (this.dragged) { setTimeout(() => this.read(), 400); return; }
    let fresh;
    try {
      const answer = await fetch(this.dataset.feed, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      fresh = await answer.json();
    } catch { return; }
    const before = new Map([...this.spec.background, ...this.spec.events].map((e) => [e.id, JSON.stringify(e)]));
    const old = this.spec, now = [...fresh.background, ...fresh.events];
    this.spec = fresh;
    for (const [name, value] of Object.entries(fresh.figures)) { const n = $(`[data-figure="${name}"]`); if (n) { n.textContent = value; n.toggleAttribute("data-none", !value); } }
    if (!this.calendar) return;
    if (JSON.stringify(old.technicians.map((t) => [t.id, t.name])) !== JSON.stringify(fresh.technicians.map((t) => [t.id, t.name]))) {
      this.calendar.setOption("resources", fresh.technicians.map((t) => ({ id: t.id, title: t.name, extendedProps: t })));
    }
    const there = new Set(now.map((e) => e.id));
    for (const id of before.keys()) if (!there.has(id)) this.calendar.removeEventById(id);
    for (const event of now) {
      const shown = this.calendar.getEventById(event.id);
      if (!shown) this.calendar.addEvent(event);
      else if (before.get(event.id) !== JSON.stringify(event) || (event.display !== "background" && (shown.resourceIds[0] !== event.resourceIds[0] || iso(shown.start) !== event.start))) this.calendar.updateEvent(event);
    }
    for (const t of fresh.technicians) { const row = this.rows.get(t.id); if (row) $(".load", row)?.replaceWith(bar(t.load)); }
  }

  /* the library draws a timeline with role=table and rowheader that form no table: the roles go, the scroller gets a name */
  nameParts() {
    $$('[role="table"],[role="rowgroup"],[role="row"],[role="rowheader"],[role="columnheader"],[role="cell"],[role="list"],[role="listitem"]', this).forEach((n) => { n.removeAttribute("role"); n.removeAttribute("aria-colindex"); });
    $$("h4", this).forEach((n) => { n.setAttribute("role", "presentation"); });
    const main = $(".ec-main", this);
    if (main && !main.hasAttribute("tabindex")) { main.tabIndex = 0; main.setAttribute("role", "group"); main.setAttribute("aria-label", this.dataset.textLine); }
  }
  /** A filter dims, it never hides: the plan keeps its shape. */
  paint() {
    for (const t of this.spec.technicians) { const row = this.rows.get(t.id); row && $(".tech", row)?.classList.toggle("dim", !!this.filter && !(this.filter in t.skills)); }
    $$(".ec-event[data-skill]", this).forEach((e) => e.classList.toggle("dim", !!this.filter && e.dataset.skill !== this.filter));
  }
  can(technician, skill, level) { return !skill || (technician.skills[skill] || 0) >= Number(level || 1); }
  match(skill, level) {
    for (const t of this.spec.technicians) {
      const row = this.rows.get(t.id), el = row && $(".tech", row);
      el?.classList.toggle("can", skill !== null && this.can(t, skill, level));
      el?.classList.toggle("no", skill !== null && !this.can(t, skill, level));
    }
  }
}
customElements.define("workshop-plan", WorkshopPlan);

const open = (url) => window.htmx.ajax("GET", url, { target: "#pl-drawer", swap: "innerHTML" });
const openJob = (id) => { plan().focused = null; open(plan().dataset.step.replace("/0/", `/${id}/`)); };
document.addEventListener("click", (e) => {
  const job = e.target.closest("[data-job]");
  if (job && !plan()?.dragged) { openJob(job.dataset.job); return; }
  const card = e.target.closest("[data-card]");
  if (card && !card.dataset.dragged) { open(card.dataset.card); return; }
  const chip = e.target.closest("[data-filter]");
  if (chip) { plan().filter = plan().filter === chip.dataset.filter ? null : chip.dataset.filter; $$("[data-filter]").forEach((b) => b.setAttribute("aria-pressed", b.dataset.filter === plan().filter)); plan().paint(); }
  if (e.target.closest("[data-print]")) window.print();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey) return;
  // while what was moved is drawn anew the page itself has the focus for a moment: keys go where the focus will be
  const moved = e.target === document.body && plan()?.focused;
  if (moved && ["Enter", " "].includes(e.key)) { e.preventDefault(); openJob(moved); return; }
  if (!e.altKey || !e.key.startsWith("Arrow")) return;
  const job = e.target.closest?.("workshop-plan [data-job]")?.dataset.job || moved;
  if (!job) return;
  e.preventDefault();
  plan().nudge(job, e.key);
});
document.addEventListener("focusin", (e) => { if (plan()?.focused && !e.target.closest(`[data-job="${plan().focused}"]`) && e.target !== document.body) plan().focused = null; });

/* the drawer's form is the way without dragging */
document.addEventListener("submit", async (e) => {
  const form = e.target.closest("[data-plan-form]");
  if (!form) return;
  e.preventDefault();
  const line = $("[data-refusal]", form), values = Object.fromEntries(new FormData(form));
  line.hidden = true;
  const done = await put(form.getAttribute("action"), values, { refused: (why) => { line.textContent = why; line.hidden = false; } });
  if (done) $("#pl-drawer").close();
});

/* from the list of what waits onto a line: pointer events and the library's dateFromPoint() */
let drag = null;
document.addEventListener("pointerdown", (e) => {
  const card = e.target.closest(".bkc[data-plan]");
  if (!card || e.button || !plan()?.calendar || !plan().spec.mayPlan) return;
  drag = { card, x: e.clientX, y: e.clientY, on: false };
});
document.addEventListener("pointermove", (e) => {
  if (!drag) return;
  const { card } = drag, p = plan();
  if (!drag.on) {
    if (Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < 5) return;
    drag.on = true; card.dataset.dragged = "1"; drag.ghost = card.cloneNode(true); drag.ghost.classList.add("lift"); drag.ghost.setAttribute("aria-hidden", "true"); drag.box = h("div", { class: "drop" });
    document.body.append(drag.ghost, drag.box); card.classList.add("gone"); p.match(card.dataset.skill, card.dataset.level);
  }
  drag.ghost.style.left = `${e.clientX + 10}px`; drag.ghost.style.top = `${e.clientY + 8}px`; // CSSOM writes are no inline styles for the policy
  const hit = p.calendar.dateFromPoint(e.clientX, e.clientY);
  drag.hit = hit?.resource ? hit : null;
  drag.box.hidden = !drag.hit;
  if (!drag.hit) return;
  const grain = p.spec.grain * 60000;
  drag.at = new Date(Math.floor(hit.date.getTime() / grain) * grain);
  const able = p.can(hit.resource.extendedProps, card.dataset.skill, card.dataset.level), row = p.rows.get(hit.resource.id).getBoundingClientRect();
  Object.assign(drag.box.style, { left: `${e.clientX}px`, top: `${row.top + 6}px`, width: "120px", height: `${row.height - 12}px` });
  drag.box.classList.toggle("no", !able);
  drag.box.textContent = able ? hm(drag.at) : say("textSkill");
});
const letGo = async (e) => {
  if (!drag) return;
  const { card, on, ghost, box, hit, at } = drag; drag = null;
  if (!on) return;
  ghost.remove(); box.remove(); card.classList.remove("gone"); plan().match(null);
  setTimeout(() => { delete card.dataset.dragged; }, 60);
  if (hit && e.type === "pointerup") await put(card.dataset.plan, { technician: hit.resource.id, start: iso(at) });
};
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);

if (plan()?.dataset.stream) {
  const unit = Number(plan().dataset.unit);
  new Live(plan().dataset.stream, { list() {}, each() {}, state(on) { plan().toggleAttribute("data-live", on); }, reread: refresh, plan(id) { if (id === unit) refresh(); } });
}

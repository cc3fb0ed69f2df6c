// The live stream of a page: one EventSource, ids only. After any gap the page reads again what it shows.
export class Live {
  /** hooks: {list(caseId), each(caseId, what), reread(), state(isOn), call(callId)?, plan(unitId)?} */
  constructor(url, hooks) {
    this.url = url; this.hooks = hooks; this.cases = new Set(); this.wasOpen = false; this.wait = 2000;
    this.open();
    window.addEventListener("pagehide", () => this.source?.close());
    window.addEventListener("pageshow", (e) => { if (e.persisted) { this.open(); } });
  }

  open() {
    this.source?.close();
    const source = this.source = new EventSource(this.url);
    source.addEventListener("hello", (e) => {
      this.wait = 2000;
      this.hooks.state(true);
      // "resumed": the server goes on where this page stopped hearing. Otherwise things were told while nobody listened.
      if (this.wasOpen && e.data !== "resumed") this.hooks.reread();
      this.wasOpen = true;
    });
    source.addEventListener("call", (e) => this.hooks.call?.(Number(e.data)));
    source.addEventListener("plan", (e) => this.hooks.plan?.(Number(e.data)));
    source.addEventListener("list", (e) => this.hooks.list(Number(e.data)));
    source.addEventListener("notice", () => document.body.dispatchEvent(new CustomEvent("live-list")));
    source.addEventListener("reread", () => this.hooks.reread());
    for (const id of this.cases) this.listen(id);
    source.onerror = () => {
      this.hooks.state(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, 30000);
      if (this.wasOpen) this.lookWhetherRefused(); // where it never opened, something in between may forbid streams
    };
  }

  /** Who was signed out, or lost the right, must not go on reading: the page, asked for again, says what to do. */
  async lookWhetherRefused() {
    try {
      const answer = await fetch(this.url, { redirect: "manual" });
      answer.body?.cancel();
      if (answer.type === "opaqueredirect" || answer.status === 403) location.reload();
    } catch { /* no server: open() goes on trying */ }
  }

  /** Hear about one case until `forget`. */
  watch(id) { if (!this.cases.has(id)) { this.cases.add(id); this.listen(id); } }
  forget(id) { this.cases.delete(id); }
  listen(id) { this.source.addEventListener(`case-${id}`, (e) => { if (this.cases.has(id)) this.hooks.each(id, e.data); }); }
}

// What the browser itself can say of a page; put beside axe in every window of test_every_page_in_a_browser.py.
window.look = (() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const name = (e) => e.tagName.toLowerCase() + (e.id ? `#${e.id}` : "") + (e.classList.length ? `.${[...e.classList].join(".")}` : "");
  const all = (selector) => [...document.querySelectorAll(selector)];
  // A colour on its way to another is nobody's colour, and what inherits it sets out once its parent has arrived.
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important }");
  document.adoptedStyleSheets = [still];
  const SIDEWAYS = ".tbl-w, .tabs, .seg, pre, iframe, .cases-board, .cases-steps"; // these scroll sideways on purpose
  const TAKES_FOCUS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

  return {
    /** Wait until whatever the page loads by itself is there, at most three seconds. */
    settled: () => new Promise((done) => {
      const until = Date.now() + 3000;
      const check = () => (document.querySelector(".htmx-request") && Date.now() < until ? setTimeout(check, 20) : done());
      check();
    }),

    /** Violations that axe finds; `contrast` alone once the rest is known, for only colours change with the theme.
     *  Frames hold mails, which run no script: axe would wait for them. */
    axe: async (contrast) => {
      await new Promise(requestAnimationFrame);
      const found = await window.axe.run(document, { iframes: false, resultTypes: ["violations"], ...(contrast ? { runOnly: ["color-contrast"] } : {}) });
      return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
    },

    /** What every page has once. */
    frame: () => {
      const wrong = [], headings = all("h1").filter(shown), language = document.documentElement.lang;
      if (headings.length !== 1) wrong.push(`${headings.length} h1: ${headings.map((h) => h.textContent.trim()).join(" | ")}`);
      if (!document.title.replace("· Corsia", "").trim()) wrong.push(`title: ${document.title}`);
      if (language !== "it") wrong.push(`lang: ${language}`);
      if (all("main").length !== 1) wrong.push(`${all("main").length} main landmarks`);
      return wrong;
    },

    /** Once the page is drawn as it is now: a new size of the window takes a frame or two. */
    drawn: () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),

    /** What is wider than the window. */
    width: () => {
      const wide = new Set();
      for (const e of all("body *")) {
        if (!shown(e) || e.closest(`${SIDEWAYS}, .ell, .visually-hidden, .skip, svg, dialog:not([open])`)) continue;
        const box = e.getBoundingClientRect(), scrolls = /auto|scroll/.test(getComputedStyle(e).overflowX);
        if (scrolls && e.clientWidth && e.scrollWidth > e.clientWidth + 1) wide.add(`${name(e)} scrolls sideways, ${e.scrollWidth} px`);
        if (box.width && (box.right > innerWidth + 1 || box.left < -1)) wide.add(`${name(e)} reaches ${Math.round(box.left)}..${Math.round(box.right)}`);
      }
      return [...wide].slice(0, 4);
    },

    /** Whatever takes the focus and looks the same with it; one of each kind is tried. */
    focus: () => {
      const lost = [], tried = new Set();
      const style = (e) => {
        const s = getComputedStyle(e), outline = s.outlineStyle === "none" ? "" : s.outlineStyle + s.outlineWidth + s.outlineColor;
        return [outline, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.opacity, s.top].join();
      };
      const above = (e, steps) => (e && steps ? [e, ...above(e.parentElement, steps - 1)] : []);
      const view = (e) => [...above(e, 4), e.nextElementSibling, e.closest("form")].filter(Boolean).map(style).join("/");
      for (const e of all(TAKES_FOCUS)) {
        const kind = e.tagName + e.type + e.className + e.parentElement.className;
        if (e.disabled || e.tabIndex < 0 || tried.has(kind) || !shown(e)) continue;
        tried.add(kind);
        document.activeElement?.blur();
        const before = view(e);
        e.focus({ preventScroll: true, focusVisible: true });
        if (document.activeElement === e && view(e) === before) lost.push(e.outerHTML.slice(0, 140));
      }
      document.activeElement?.blur();
      return lost;
    },
  };
})();

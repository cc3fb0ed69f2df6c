import { csrf } from "./dom.js";
// Fetch a piece of the page without a trace: no busy line, no toast. What could not be had is said by "fragment:missed".

/** Return the elements of a fragment; [] for 204, null when it could not be had. `data` makes it a POST. */
export async function fragment(url, data = null, more = {}) {
  const options = data ? { method: "POST", body: new URLSearchParams(data), headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } } : { headers: { "HX-Request": "true" } };
  try {
    const answer = await fetch(url, { credentials: "same-origin", ...options, ...more });
    if (answer.status === 401) { location.reload(); return null; }
    if (!answer.ok) return null;
    if (answer.status === 204) return [];
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text(); // our own server's HTML; scripts in a template never run
    return [...holder.content.children];
  } catch {
    if (!data) document.dispatchEvent(new CustomEvent("fragment:missed"));
    return null;
  }
}

/** Return a function that runs `work` once, `ms` after the last call. */
export function later(ms, work) {
  let timer = 0;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), ms); };
}

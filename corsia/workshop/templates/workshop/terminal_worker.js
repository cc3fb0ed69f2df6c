// Keeps the page of the terminal and what it needs, so that it opens without a network. Nothing else is kept.
const NAME = "corsia-terminal-1", BASE = "{{ base|escapejs }}", PAGE = "{% url 'workshop:terminal' %}";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname !== PAGE && !url.pathname.startsWith(BASE)) return;
  e.respondWith((async () => {
    const kept = await caches.open(NAME);
    try {
      const answer = await fetch(e.request);
      if (answer.ok && !answer.redirected) await kept.put(e.request, answer.clone());
      return answer;
    } catch (failure) {
      const before = await kept.match(e.request, { ignoreVary: true });
      if (before) return before;
      throw failure;
    }
  })());
});
// The first opening loads the page before this script listens: it names what it loaded, and that is kept too.
self.addEventListener("message", (e) => e.waitUntil((async () => {
  const kept = await caches.open(NAME);
  const own = (e.data?.keep || []).filter((one) => {
    const url = new URL(one, self.location.origin);
    return url.origin === self.location.origin && (url.pathname === PAGE || url.pathname.startsWith(BASE));
  });
  await Promise.all(own.map((one) => kept.add(one).catch(() => null)));
  e.source?.postMessage({ kept: own.length });
})()));

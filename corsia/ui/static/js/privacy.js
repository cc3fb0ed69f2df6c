// Pages that the browser prints: the register of processing, the map of roles, playbooks.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

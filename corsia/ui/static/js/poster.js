// The poster prints itself at a press of its button.
document.querySelector("[data-print]").addEventListener("click", () => window.print());

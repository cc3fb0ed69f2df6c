// A pad to sign on with finger, pen or mouse. Whoever signs nothing leaves the typed name alone.
export const arm = (root) => root.querySelectorAll("[data-sign]").forEach((box) => {
  const pad = box.querySelector("canvas"), kept = box.querySelector("input[name=signature]"), pen = pad.getContext("2d");
  let drawing = false, drawn = false;
  const at = (e) => {
    const shown = pad.getBoundingClientRect();
    return [((e.clientX - shown.left) * pad.width) / shown.width, ((e.clientY - shown.top) * pad.height) / shown.height];
  };
  const paper = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, pad.width, pad.height); };
  paper();
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#131926";
  pad.addEventListener("pointerdown", (e) => {
    drawing = drawn = true;
    pad.setPointerCapture(e.pointerId);
    pen.beginPath();
    pen.moveTo(...at(e));
    e.preventDefault();
  });
  pad.addEventListener("pointermove", (e) => { if (drawing) { pen.lineTo(...at(e)); pen.stroke(); } });
  const end = () => { drawing = false; if (drawn) kept.value = pad.toDataURL("image/png"); };
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  box.querySelector("[data-sign-clear]").addEventListener("click", () => { paper(); drawn = false; kept.value = ""; });
});
arm(document);

// Two extractions side by side: one field or result is the current one, and the keys of its buttons are its own.
// 1 and 2 take a side, O opens what else can be done, J and K walk; after a choice the next open one is current.
const parts = () => [...document.querySelectorAll("[data-agree]")];
let current = null;

function setKeys(part, here) {
  part.querySelectorAll("[data-agree-key]").forEach((element) => {
    if (here) element.dataset.key = element.dataset.agreeKey;
    else delete element.dataset.key;
  });
}

function makeCurrent(part, focus = false) {
  if (!part) return;
  current = part.id;
  parts().forEach((one) => {
    one.classList.toggle("is-current", one === part);
    setKeys(one, one === part);
  });
  if (!focus) return;
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const every = parts();
  const at = every.findIndex((one) => one.id === current);
  makeCurrent(every[Math.min(every.length - 1, Math.max(0, at + by))], true);
}

function nextOpen(after) {
  const every = parts();
  const at = every.findIndex((one) => one.id === after);
  const rest = [...every.slice(at + 1), ...every.slice(0, at)];
  return rest.find((one) => one.matches("[data-agree-todo]")) ?? every[at];
}

document.addEventListener("focusin", (event) => {
  const part = event.target.closest("[data-agree]");
  if (part && part.id !== current) makeCurrent(part);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-agree-step]");
  if (button) step(Number(button.dataset.agreeStep));
  const part = event.target.closest("[data-agree]");
  if (part && part.id !== current) makeCurrent(part);
});
// Opening "another value" goes to its first field, so that O and typing are one gesture.
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches?.(".agree-own[open]") || event.target.closest("[data-agree]").id !== current) return;
    event.target.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  },
  { capture: true },
);
// Who writes another number has chosen it.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-agree-typed]")) return;
  const choice = event.target.parentElement.querySelector("input[type=radio]");
  if (choice) choice.checked = event.target.value.trim() !== "";
});
// The part that was settled stays in view; the next one that waits becomes the current one.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt.closest?.("[data-agree]") ?? document.getElementById(event.detail.target?.id ?? "");
  if (!part?.matches?.("[data-agree]")) return;
  makeCurrent(part.matches("[data-agree-todo]") ? part : nextOpen(part.id), true);
});

makeCurrent(
  document.getElementById(location.hash.slice(1))?.closest("[data-agree]") ??
    parts().find((one) => one.matches("[data-agree-todo]")) ??
    parts()[0],
);

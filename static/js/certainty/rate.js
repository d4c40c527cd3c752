// The page of one rating: the current domain (the one with the focus, or last clicked) answers to the digits, A accepts
// what is suggested for it, J and K go on and back.
const form = document.querySelector("form.grade-form");
let current = "";

const parts = () => [...form.querySelectorAll("[data-domain]")];

function setKey(element, key, label) {
  if (!element) return;
  if (key) {
    element.dataset.key = key;
    element.dataset.keyLabel = label;
  } else {
    delete element.dataset.key;
    delete element.dataset.keyLabel;
  }
}

function makeCurrent(part) {
  if (!part) return;
  current = part.dataset.domain;
  const all = parts();
  const place = all.indexOf(part);
  for (const one of all) {
    const here = one === part;
    one.classList.toggle("is-current", here);
    for (const input of one.querySelectorAll("[data-digit]")) {
      setKey(input, here && input.dataset.digit, input.parentElement.textContent.trim());
    }
    setKey(one.querySelector("[data-accept]"), here && "a", "Accept the suggestion");
    setKey(one.querySelector("textarea"), here && "r", "Write the reason");
    setKey(one.querySelector("h2"), "");
  }
  setKey(all[place + 1]?.querySelector("h2"), "j", "Next domain");
  setKey(all[place - 1]?.querySelector("h2"), "k", "The domain before");
}

function partOf(element) {
  return element.closest?.("[data-domain]");
}

form.addEventListener("focusin", (event) => makeCurrent(partOf(event.target)));
form.addEventListener("click", (event) => {
  const part = partOf(event.target);
  makeCurrent(part);
  if (event.target.matches("[data-domain] h2")) {
    event.target.focus({ preventScroll: true });
    part.scrollIntoView({ block: "center" });
  }
});
// A part that was accepted comes anew from the server; the focus stays in it.
document.addEventListener("htmx:afterSettle", () => {
  const part = parts().find((one) => one.dataset.domain === current) ?? parts()[0];
  if (document.activeElement === document.body) part?.querySelector("h2").focus({ preventScroll: true });
  makeCurrent(part);
});
makeCurrent(parts()[0]);

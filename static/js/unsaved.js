// A form marked data-unsaved asks before the page is left with changes that were not sent.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let changed = form.hasAttribute("data-unsaved-now");
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

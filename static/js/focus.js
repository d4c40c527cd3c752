// After htmx replaced a part of the page, the element marked data-focus gets the focus (the new record's title,
// the first field with an error), so that keyboard and screen reader go on where the person is. An element with
// data-announce="Import: done" is read out instead, without moving the focus (a job that finished).
function focusOn(element) {
  if (!element.matches("a[href], button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: false });
}

export function setUpFocus() {
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    const marked = part.matches?.("[data-focus]") ? part : part.querySelector?.("[data-focus]");
    if (marked) focusOn(marked);
    const said = part.matches?.("[data-announce]") ? part : part.querySelector?.("[data-announce]");
    if (said) document.getElementById("announcer").textContent = said.dataset.announce;
  });
  const wrong = document.querySelector("main form [aria-invalid=true]");
  if (wrong) focusOn(wrong);
}

// The builder: every button saves the whole form and the answer takes its place. The focus goes to what was added, else
// back to the button; leaving with something typed that was not sent asks first.
let changed = false;

const form = () => document.querySelector("#builder > form");

document.addEventListener("input", (event) => {
  if (form().contains(event.target)) changed = true;
});
document.addEventListener("submit", () => (changed = false));
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) changed = true;
});
document.addEventListener("htmx:afterSettle", () => {
  const { focusName, act } = form().dataset;
  const target = form().elements[focusName] ?? form().querySelector(`button[value="${CSS.escape(act)}"]:enabled`);
  target?.focus();
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

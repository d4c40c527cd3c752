// A form marked data-autosave has parts ([hx-post] with a .saved line in them) that save themselves. A part without an
// answer says so and is sent again when the network is back; the page is not left with an unsaved part unasked.
const NOT_SAVED = "Not saved yet. It is sent again when the network is back.";

const form = document.querySelector("form[data-autosave]");
const unsaved = new Map(); // part -> number of its last change
const sent = new WeakMap(); // request -> the change it carries
let changes = 0;
let submitted = false;

form?.addEventListener("input", (event) => {
  const part = event.target.closest("[hx-post]");
  if (part) unsaved.set(part, ++changes);
});
form?.addEventListener("submit", () => (submitted = true));
window.addEventListener("pageshow", () => (submitted = false));

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.requestConfig.elt;
  if (!form?.contains(part)) return;
  if (submitted) event.preventDefault(); // the whole form is on its way
  else sent.set(event.detail.xhr, unsaved.get(part));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr, requestConfig } = event.detail;
  const part = requestConfig.elt;
  if (successful && sent.get(xhr) === unsaved.get(part)) unsaved.delete(part);
});
function saySo(event, words) {
  const part = event.detail.requestConfig.elt;
  if (unsaved.has(part)) part.querySelector(".saved").textContent = words;
}
document.addEventListener("htmx:sendError", (event) => saySo(event, NOT_SAVED));
document.addEventListener("htmx:timeout", (event) => saySo(event, NOT_SAVED));
document.addEventListener("htmx:responseError", (event) => saySo(event, "Not saved."));
window.addEventListener("online", () => {
  for (const part of unsaved.keys()) part.dispatchEvent(new Event("change", { bubbles: true }));
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved.size && !submitted) event.preventDefault();
});

// What happens when an htmx request does not end well, and the thin bar while it runs.
// 409 and 422 answers that are fragments are shown in place; any other failure becomes a toast with the server's
// own sentence. Nothing is shown as done before the server said so.
import { dropToast, showToast } from "./toasts.js";

const OFFLINE = "No answer from the server: this may not be saved. Reload the page to see, then try again.";
const UNKNOWN = "That did not work. Reload the page to see what is saved, then try again.";

function isPage(text) {
  return /^\s*<!doctype/i.test(text);
}

// The sentence a person can use, whatever form the answer has: JSON, plain text, a page or a fragment.
export function sentenceOf(xhr) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  const text = xhr.responseText.trim();
  if (type.includes("json")) {
    try {
      return JSON.parse(text).detail ?? UNKNOWN;
    } catch {
      return UNKNOWN;
    }
  }
  if (type.includes("html")) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const said = ["[data-sentence]", ".note-error", "main p", "p"].map((one) => page.querySelector(one)).find(Boolean);
    return said?.textContent.trim().replace(/\s+/g, " ") || UNKNOWN;
  }
  return text && text.length < 500 ? text : UNKNOWN;
}

const running = new Set();
function showBusy() {
  document.documentElement.classList.toggle("busy-on", running.size > 0);
}

// What was sent and had no answer yet, until the same element is heard.
const unanswered = new Set();
function onNoAnswer(event) {
  unanswered.add(event.detail.requestConfig.elt);
  showToast(OFFLINE, "error");
}

export function setUpRequests() {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.closest("[data-quiet]")) running.add(event.detail.xhr);
    showBusy();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    running.delete(event.detail.xhr);
    showBusy();
    const { successful, requestConfig } = event.detail; // detail.elt is another one when the answer replaced it
    if (successful && unanswered.delete(requestConfig.elt) && !unanswered.size) dropToast(OFFLINE);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const html = (xhr.getResponseHeader("Content-Type") ?? "").includes("html");
    if ((xhr.status === 409 || xhr.status === 422) && html && !isPage(xhr.responseText)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    showToast(sentenceOf(event.detail.xhr), "error");
  });
  document.addEventListener("htmx:sendError", onNoAnswer);
  document.addEventListener("htmx:timeout", onNoAnswer);
}

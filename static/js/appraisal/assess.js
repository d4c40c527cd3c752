// The page of one assessment: what the server says is needed is shown, a proposal is taken over with one gesture, and
// everything can be done by keys. The current item (a question or a judgement) is the one with the focus or last clicked.
import { wordsOf } from "../pdf/sourcing.js";

const form = document.querySelector("form.assess");
const announcer = document.getElementById("announcer");
let selected = null; // {page, words} last chosen in the report beside the form

const items = () => [...form.querySelectorAll("[data-item]")].filter((item) => item.checkVisibility());

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

function makeCurrent(chosen) {
  const shown = items();
  const place = shown.indexOf(chosen);
  for (const item of form.querySelectorAll("[data-item]")) {
    const here = item === chosen;
    item.classList.toggle("is-current", here);
    for (const input of item.querySelectorAll("[data-digit]")) {
      setKey(input, here && input.dataset.digit, input.dataset.label);
    }
    setKey(item.querySelector(".rob-support > textarea"), here && "s", "Write the support");
    setKey(item.querySelector("[data-take-quote]"), here && "q", "Take the words selected in the report as the quote");
    setKey(item.querySelector("legend"), "");
  }
  setKey(shown[place + 1]?.querySelector("legend"), "j", "Next question or judgement");
  setKey(shown[place - 1]?.querySelector("legend"), "k", "The one before");
  for (const button of form.querySelectorAll("[data-accept]")) setKey(button, "");
  setKey(chosen?.closest(".rob-part").querySelector("[data-accept]"), "a", "Take over the proposal");
}

function current() {
  return form.querySelector(".is-current") ?? items()[0];
}

// What is needed now, as the server says.
function onNeeded({ shown, differing, asks }) {
  const appeared = [];
  for (const question of form.querySelectorAll("[data-question]")) {
    const wanted = shown.includes(question.dataset.question);
    if (wanted && question.hidden) appeared.push(question.dataset.question);
    question.classList.toggle("is-new", wanted && question.hidden);
    question.hidden = !wanted;
  }
  for (const judge of form.querySelectorAll("[data-domain]")) {
    judge.querySelector("[data-reason]").hidden = !differing.includes(judge.dataset.domain);
    if (differing.includes(judge.dataset.domain)) judge.closest("details")?.setAttribute("open", "");
  }
  const together = form.querySelector("[data-together]");
  if (together) together.hidden = !asks;
  if (appeared.length) announcer.textContent = `Asked now: ${appeared.join(", ")}.`;
  makeCurrent(current());
}

function accept(button) {
  const judge = button.closest(".rob-part").querySelector("[data-domain]");
  const radio = judge.querySelector(`input[data-digit][value="${CSS.escape(button.dataset.accept)}"]`);
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  radio.focus();
}

function takeQuote(button) {
  if (!selected) {
    announcer.textContent = "Select the words in the report first.";
    return;
  }
  const place = button.closest(".rob-support").querySelector(".rob-place");
  place.open = true;
  const report = place.querySelector("[data-full-text]");
  if (report && form.dataset.report) report.value = form.dataset.report;
  place.querySelector("[data-page]").value = selected.page;
  const quote = place.querySelector("[data-quote]");
  quote.value = selected.words;
  quote.dispatchEvent(new Event("input", { bubbles: true }));
  quote.focus();
}

function remember() {
  const chosen = document.getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed) return;
  const start = chosen.getRangeAt(0).startContainer;
  const page = (start.nodeType === Node.TEXT_NODE ? start.parentElement : start)?.closest?.(".pdf-page");
  if (page) selected = { page: page.dataset.page, words: wordsOf(chosen.toString()) };
}

form.addEventListener("focusin", (event) => {
  const item = event.target.closest("[data-item]");
  if (item) makeCurrent(item);
});
form.addEventListener("click", (event) => {
  const legend = event.target.closest("[data-item] > legend");
  if (legend) {
    legend.focus({ preventScroll: true });
    legend.scrollIntoView({ block: "nearest" });
  }
  const item = event.target.closest("[data-item]");
  if (item) makeCurrent(item);
  const button = event.target.closest("[data-accept]");
  if (button) {
    event.preventDefault();
    accept(button);
  }
  const take = event.target.closest("[data-take-quote]");
  if (take) takeQuote(take);
});
for (const legend of form.querySelectorAll("[data-item] > legend")) legend.tabIndex = -1;
document.addEventListener("needed", (event) => onNeeded(event.detail));
document.addEventListener("htmx:afterSettle", () => makeCurrent(current()));
if (document.querySelector(".pdf")) {
  document.addEventListener("selectionchange", remember);
  for (const button of form.querySelectorAll("[data-take-quote]")) button.hidden = false;
}
makeCurrent(items().find((item) => !item.querySelector("input:checked")) ?? items()[0]);

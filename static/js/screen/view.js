// How a person likes the screen: text size, marked terms, going on after a vote, pace, criteria open or closed.
// Kept in the account, so that it is the same on every machine; without network it lasts as long as the page.
import { clearTerms, legend, markTerms } from "../terms.js";

const root = document.documentElement;
let view = {};
let save = () => {};
let lists = [];

export function setting(name) {
  return view[name];
}

function keep(name, value) {
  view[name] = value;
  save({ screen: { [name]: value } });
}

function showSize() {
  document.querySelector(".screen-page").dataset.textSize = view.text_size;
}

// Marks in the parts of `pane` that are read; they are text to everybody else.
export function showTerms(pane) {
  const parts = [...pane.querySelectorAll("[data-terms]")];
  parts.forEach(clearTerms);
  pane.querySelector("[data-highlights]")?.setAttribute("aria-pressed", view.highlights);
  const list = pane.querySelector("[data-term-legend]");
  if (list) list.hidden = !view.highlights || !lists.length;
  if (!view.highlights) return;
  const counts = parts.map((part) => markTerms(part, lists));
  if (list) legend(list, lists, counts);
}

function showCriteria(pane) {
  const criteria = pane.querySelector("#criteria");
  if (!criteria) return;
  const wide = window.matchMedia("(min-width: 64rem)").matches;
  criteria.open = view.criteria ? view.criteria === "open" : wide;
  criteria.querySelector("summary").addEventListener("click", () => keep("criteria", criteria.open ? "closed" : "open"));
}

export function switchTerms() {
  keep("highlights", !view.highlights);
  document.querySelector("#screen-view [name=highlights]").checked = view.highlights;
  showTerms(document.getElementById("pane"));
}

export function dress(pane) {
  showCriteria(pane);
  showTerms(pane);
}

export function setUpView(settings, send, changed) {
  view = { ...settings };
  save = send;
  lists = JSON.parse(document.getElementById("term-lists").textContent);
  const menu = document.getElementById("screen-view");
  menu.hidden = false;
  menu.querySelectorAll("[data-view]").forEach((box) => {
    box.checked = box.type === "radio" ? view[box.name] === box.value : view[box.name];
  });
  showSize();
  menu.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-view]")) return;
    keep(target.name, target.type === "radio" ? target.value : target.checked);
    showSize();
    const pane = document.getElementById("pane");
    if (target.name === "highlights") showTerms(pane);
    changed(target.name);
  });
  root.classList.add("screen-js");
}

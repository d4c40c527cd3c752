// One key, one gesture: an element with data-key="i" is clicked (or focused, if it is a field) by that key.
// Ignored while typing, with modifier keys, on key repeat, behind an open dialog, and when the person has
// switched single-key shortcuts off (WCAG 2.1.4); the "?" button in the top bar works in any case.
// data-gesture="include" lets the person's own key for that gesture (body[data-keys], from the account) take its place.
import { setSetting } from "./settings.js";

const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", " ": "Space" };

const own = Object.fromEntries((document.body.dataset.keys ?? "").split(" ").map((pair) => pair.split(":")));

export function shortcutsOn() {
  return !document.documentElement.classList.contains("shortcuts-off");
}

function visible(element) {
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;
}

function holders(root = document) {
  return [...root.querySelectorAll("[data-key]")].filter(visible);
}

function keysOf(element) {
  const chosen = own[element.dataset.gesture];
  return chosen ? [chosen] : element.dataset.key.split(" ").filter(Boolean);
}

// A key a person chose wins over a page's own use of that key.
function holderOf(key, root) {
  const found = holders(root).filter((element) => keysOf(element).includes(key));
  return found.findLast((element) => own[element.dataset.gesture]) ?? found.at(-1);
}

function labelOf(element) {
  return element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim();
}

function press(element) {
  if (element.matches(TYPING)) element.focus();
  else if (element.getAttribute("aria-disabled") !== "true") element.click();
}

// Esc leaves a text (not within a dialog or menu, which it closes), so that the next key is a shortcut again.
function leaveText(event) {
  const field = event.key === "Escape" && !event.isComposing && event.target.closest?.("textarea");
  if (field && !field.closest("dialog, details.menu")) field.blur();
}

// In a part marked data-single-click the second click of a double click does nothing: what it would hit came into
// its place meanwhile (the next record's button) and has not been read.
function onDoubleClick(event) {
  if (event.detail < 2 || !event.target.closest?.("[data-single-click] :is(button, a)")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (!shortcutsOn() || event.defaultPrevented || event.target.closest?.(TYPING)) return;
  const root = document.querySelector("dialog[open]") ?? document;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = holderOf(pressed, root);
  if (!found || found.disabled) return;
  event.preventDefault();
  press(found);
}

// The page's shortcuts as rows of the help dialog.
export function fillKeyList(list) {
  list.replaceChildren();
  const seen = new Set();
  for (const element of holders()) {
    for (const key of keysOf(element)) {
      if (seen.has(key)) continue;
      seen.add(key);
      const term = document.createElement("dt");
      const sign = document.createElement("kbd");
      sign.textContent = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
      term.append(sign);
      const text = document.createElement("dd");
      text.textContent = labelOf(element);
      list.append(term, text);
    }
  }
}

// For those who put new elements on the page themselves.
export function showKeys() {
  document.querySelectorAll("[data-shortcuts-switch]").forEach((box) => (box.checked = shortcutsOn()));
  document.querySelectorAll("[data-key]").forEach((element) => {
    if (shortcutsOn()) element.setAttribute("aria-keyshortcuts", keysOf(element).join(" "));
    else element.removeAttribute("aria-keyshortcuts");
    const hint = own[element.dataset.gesture] && element.querySelector("kbd");
    if (hint) hint.textContent = own[element.dataset.gesture].toUpperCase();
  });
}

export function setUpKeys() {
  showKeys();
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", leaveText);
  document.addEventListener("click", onDoubleClick, { capture: true });
  document.addEventListener("htmx:afterSettle", showKeys);
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-shortcuts-switch]")) return;
    setSetting("shortcuts", event.target.checked ? "on" : "off");
    document.documentElement.classList.toggle("shortcuts-off", !event.target.checked);
    showKeys();
  });
}

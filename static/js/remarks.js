// Beside a record: L opens the labels and the next digit presses one; @ in a note offers the names of colleagues.
import { shortcutsOn } from "./keys.js";

function openMenu() {
  return document.querySelector("details.label-menu[open]");
}

// In the capture phase, so that the digit is the label's and not an exclusion reason's while the menu is open.
function onKey(event) {
  const menu = openMenu();
  if (!menu || !shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  if (!/^[1-9]$/.test(event.key) || event.target.closest?.("input, textarea, select")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  menu.querySelector(`[data-label-key="${event.key}"]`)?.click();
}

function names(field) {
  const select = field.closest(".notes")?.querySelector('select[name="asked"]');
  return [...(select?.options ?? [])].filter((option) => option.value).map((option) => option.textContent);
}

// The piece of the text from the last @ to the caret, when a name could be meant.
function begun(field) {
  const before = field.value.slice(0, field.selectionStart);
  return /(?:^|\s)@([\p{L}\p{N}.'’ -]{0,30})$/u.exec(before)?.[1];
}

function offer(field) {
  field.parentElement.querySelector(".mention-list")?.remove();
  const typed = begun(field);
  if (typed === undefined) return;
  const found = names(field).filter((name) => name.toLowerCase().startsWith(typed.toLowerCase()) && name !== typed);
  if (!found.length) return;
  const list = document.createElement("div");
  list.className = "mention-list";
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Mention");
  for (const name of found.slice(0, 6)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-small";
    button.textContent = `@${name}`;
    button.addEventListener("click", () => {
      const end = field.selectionStart;
      field.setRangeText(`${name} `, end - typed.length, end, "end");
      list.remove();
      field.focus();
    });
    list.append(button);
  }
  field.after(list);
}

export function setUpRemarks() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("input", (event) => {
    if (event.target.matches?.(".notes textarea")) offer(event.target);
  });
}

// The theme button: system -> the other one -> back. [data-theme-switch] is any button.
import { getSetting, setSetting } from "./settings.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function shown() {
  return getSetting("theme") ?? (dark.matches ? "dark" : "light");
}

function label(button) {
  const next = shown() === "dark" ? "light" : "dark";
  button.setAttribute("aria-label", `Use ${next} theme`);
  button.title = `Use ${next} theme`;
  button.hidden = false;
}

export function setUpTheme() {
  const buttons = document.querySelectorAll("[data-theme-switch]");
  buttons.forEach(label);
  dark.addEventListener("change", () => buttons.forEach(label));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const next = shown() === "dark" ? "light" : "dark";
    setSetting("theme", next);
    document.documentElement.dataset.theme = next;
    buttons.forEach(label);
  });
}

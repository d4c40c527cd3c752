// Menus are <details class="menu">; script only closes them: on Esc, on a click elsewhere, when another opens.
// <details open data-open-wide> starts closed where it would stand in the way: on windows of one column.
export function setUpMenus() {
  if (window.matchMedia("(max-width: 63.99rem)").matches) {
    document.querySelectorAll("details[data-open-wide]").forEach((details) => (details.open = false));
  }
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("focusin", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    });
  });
}

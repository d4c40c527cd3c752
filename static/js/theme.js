// Runs before the first paint so that a chosen theme never flashes; everything else waits for app.js.
(function () {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    if (localStorage.getItem("shortcuts") === "off") document.documentElement.classList.add("shortcuts-off");
  } catch (error) {
    console.info("No storage in this browser: the system's theme is used.", error);
  }
})();

// Runs before the first paint so that a chosen theme never flashes; everything else waits for app.js.
(function () {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    const shortcuts = localStorage.getItem("shortcuts"); // this browser's choice wins over the account's
    if (shortcuts) document.documentElement.classList.toggle("shortcuts-off", shortcuts === "off");
  } catch (error) {
    console.info("No storage in this browser: the system's theme is used.", error);
  }
})();

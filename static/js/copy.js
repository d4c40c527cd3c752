// data-copy="text" or data-copy-from="#id": a click puts it on the clipboard and says so.
import { showToast } from "./toasts.js";

export function setUpCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    try {
      await navigator.clipboard.writeText(source ? (source.value ?? source.textContent) : button.dataset.copy);
      showToast("Copied.");
    } catch {
      showToast("The browser did not allow copying: select the text and copy it yourself.", "error");
    }
  });
}

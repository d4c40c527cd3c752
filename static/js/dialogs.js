// Buttons that open a <dialog>: data-dialog="id". A dialog closes by Esc, by its [data-close] button, or by a
// click on the backdrop. The browser gives the focus back to the button that opened it.
import { fillKeyList } from "./keys.js";

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  const list = dialog.querySelector("[data-key-list]");
  if (list) fillKeyList(list);
  dialog.showModal();
}

export function setUpDialogs() {
  document.querySelectorAll("button[data-dialog][hidden]").forEach((button) => (button.hidden = false));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      event.preventDefault();
      openDialog(opener.dataset.dialog);
      return;
    }
    const dialog = event.target.closest("dialog[open]");
    if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
  });
}

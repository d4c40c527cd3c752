// Toasts live in #toasts (role=status). The server puts one there by an out-of-band swap (templates/_toast.html)
// or by the response header HX-Trigger: {"toast": "Saved."}. One with a button replaces an older one with a
// button, so that Undo always means the last thing done. They stay while pointed at or focused.
const PLAIN_MS = 6000;
const UNDO_MS = 20000;
const SHOWN = 3;

function region() {
  return document.getElementById("toasts");
}

function leaveLater(toast) {
  const wait = toast.querySelector("button, a") ? UNDO_MS : PLAIN_MS;
  let timer = setTimeout(() => toast.remove(), wait);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), wait);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

function adopt(toast) {
  if (toast.querySelector("form")) {
    const undos = [...region().querySelectorAll(".toast:has(form)")];
    undos.slice(0, undos.indexOf(toast)).forEach((older) => older.remove());
  }
  const all = [...region().querySelectorAll(".toast")];
  all.slice(0, Math.max(0, all.length - SHOWN)).forEach((older) => older.remove());
  if (!toast.classList.contains("toast-error")) leaveLater(toast);
}

function errorsSaying(text) {
  return [...region().querySelectorAll(".toast-error")].filter((old) => old.querySelector("span").textContent === text);
}

// Take an error away that is no longer true.
export function dropToast(text) {
  errorsSaying(text).forEach((old) => old.remove());
}

// Show a sentence. kind "error" stays until dismissed, and is not said twice (a polling request may fail often).
export function showToast(text, kind = "") {
  if (kind === "error" && errorsSaying(text).length) return;
  const toast = document.createElement("div");
  toast.className = kind ? `toast toast-${kind}` : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  if (kind === "error") {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-small";
    close.dataset.dismiss = "";
    close.textContent = "Dismiss";
    toast.append(close);
  }
  region().append(toast);
}

export function setUpToasts() {
  const home = region();
  if (!home) return;
  home.querySelectorAll(".toast").forEach(adopt);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.isConnected && node.classList?.contains("toast")) adopt(node);
      }
    }
  }).observe(home, { childList: true });
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".toast, .note")?.remove();
  });
  document.body.addEventListener("toast", (event) => {
    showToast(event.detail.value ?? event.detail.text ?? String(event.detail), event.detail.kind);
  });
}

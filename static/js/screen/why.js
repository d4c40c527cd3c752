// Why the model gives the record in view its score: asked for by its key, shown over the page when it is here, so that
// nothing below moves. Without this script the link leads to a page that says the same.
import { openDialog } from "../dialogs.js";
import { showToast } from "../toasts.js";
import { get } from "./server.js";

export async function explain(link, user) {
  const dialog = document.getElementById("why");
  const record = document.getElementById("pane")?.dataset.record;
  try {
    const answer = await get(link.href, user);
    if (document.getElementById("pane")?.dataset.record !== record) return; // voted on meanwhile
    const { body } = new DOMParser().parseFromString(answer.html, "text/html");
    dialog.querySelector(".body").replaceChildren(...body.childNodes);
    openDialog("why");
  } catch (error) {
    if (!error.problem) throw error;
    showToast(error.problem === "network" ? "This cannot be looked up without a connection." : error.message, "error");
  }
}

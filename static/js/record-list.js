// The list of records by keys: one row at a time is "the present row"; the hidden buttons of #row-keys (keys.js
// presses them) move it, tick it, open it and vote on it. The server answers a vote with the row as it is then.
import { showToast } from "./toasts.js";

const SAID = { include: "Included", maybe: "Maybe noted", exclude: "Excluded", undo: "Vote taken back" };
const list = document.getElementById("record-list");
const keys = document.getElementById("row-keys");
let present = null; // the id of the row's element: the row itself is replaced by a vote
let last = null; // address of the last vote, for undo

const rows = () => [...list.querySelectorAll("tbody > tr")];
const row = () => document.getElementById(present);

function go(to) {
  if (!to) return;
  row()?.classList.remove("is-present");
  present = to.id;
  to.classList.add("is-present");
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  const place = all.indexOf(row());
  go(place < 0 ? all[0] : all[place + step]);
}

function countTicks() {
  const ticked = document.querySelectorAll('input[name="pick"]:checked').length;
  const count = document.querySelector("[data-picked]");
  count.textContent = ticked;
  count.hidden = ticked === 0;
}

function tick() {
  const box = row()?.querySelector('input[name="pick"]');
  if (!box) return;
  box.checked = !box.checked;
  countTicks();
}

function send(address, vote) {
  const target = row();
  const box = target.querySelector('input[name="pick"]');
  const ticked = box?.checked;
  htmx.ajax("POST", address, { source: target, target, swap: "outerHTML", values: { vote } }).then(() => {
    const now = row();
    if (!now || now === target) return; // refused: its sentence is a toast already
    now.querySelector('input[name="pick"]').checked = ticked;
    last = vote === "undo" ? null : { address, id: present };
    showToast(`${SAID[vote]}: ${now.querySelector("th a").textContent.slice(0, 60)}`);
    go(now);
  });
}

function vote(word) {
  if (!row()) return showToast("Choose a row first: J and K move.");
  const address = row().dataset.vote;
  if (!address) return showToast("This record is complete: it takes no vote.");
  return send(address, word);
}

function undo() {
  if (!last) return showToast("No vote was cast from this list yet.");
  go(document.getElementById(last.id));
  return send(last.address, "undo");
}

const ACTS = {
  down: () => move(1),
  up: () => move(-1),
  tick,
  undo,
  open: () => row()?.querySelector("th a").click(),
  include: () => vote("include"),
  maybe: () => vote("maybe"),
  exclude: () => vote("exclude"),
};

if (list && keys) {
  keys.hidden = false;
  keys.addEventListener("click", (event) => ACTS[event.target.dataset.do]?.());
  list.addEventListener("focusin", (event) => {
    const to = event.target.closest("tr[data-row]");
    if (to && to.id !== present) {
      row()?.classList.remove("is-present");
      present = to.id;
      to.classList.add("is-present");
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      document.querySelectorAll('input[name="pick"]').forEach((box) => (box.checked = event.target.checked));
    }
    if (event.target.matches('[data-pick-all], input[name="pick"]')) countTicks();
  });
  countTicks();
}

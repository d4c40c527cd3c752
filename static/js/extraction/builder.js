// The builder of forms works without this: every gesture is a button of its one form. Here are what only script can do:
// Enter in a "new field" adds it, Alt+arrows move the part one is in, parts are dragged by their grip, a click puts a
// key into the formula, the editor shows the settings of the type chosen, the type of the last new field stays.
const types = new Map();

function builder() {
  return document.getElementById("build-form");
}

// Press the button of the form that asks for `what`, or one made for it.
function ask(what) {
  const form = builder();
  let button = form.querySelector(`button[name="do"][value="${CSS.escape(what)}"]`);
  if (!button) {
    button = Object.assign(document.createElement("button"), { type: "submit", name: "do", value: what, hidden: true });
    form.append(button);
  }
  form.requestSubmit(button);
}

// --- typing --------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const adding = event.target.closest?.("[data-enter]");
  if (adding && event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (adding.value.trim()) ask(adding.dataset.enter);
    return;
  }
  const row = event.target.closest?.("[data-row]");
  if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    ask(`${event.key === "ArrowUp" ? "up" : "down"}:${row.dataset.row}`);
  }
  if (event.key === "Escape" && event.target.closest?.("#editor") && !event.target.matches("select")) ask("save");
});

document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-insert]")?.dataset.insert;
  const formula = document.getElementById("e-formula");
  if (!key || !formula) return;
  formula.setRangeText(key, formula.selectionStart, formula.selectionEnd, "end");
  formula.focus();
  formula.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- the editor ----------------------------------------------------------------------------------------------------

function showSettings() {
  const type = document.querySelector("#editor [data-type]")?.value;
  if (!type) return;
  for (const one of document.querySelectorAll("#editor [data-for]")) one.hidden = !one.dataset.for.split(" ").includes(type);
  for (const one of document.querySelectorAll("#editor [data-not-for]")) one.hidden = one.dataset.notFor === type;
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-type]")) showSettings();
  // another field in a condition has other comparisons and answers: the server knows them
  if (event.target.matches?.("[data-condition]")) ask("keep");
  const adding = event.target.closest?.("[data-add] select");
  if (adding) types.set(adding.name, adding.value);
});

// What was chosen as type for the last new field is offered for the next one.
function restoreTypes() {
  for (const [name, value] of types) {
    const select = document.querySelector(`select[name="${CSS.escape(name)}"]`);
    if (select) select.value = value;
  }
}

// --- dragging ------------------------------------------------------------------------------------------------------

let dragged = null;

function clearMarks() {
  for (const one of document.querySelectorAll("[data-drop]")) delete one.dataset.drop;
}

// Where a part would go at this point of the screen: {into, before, element, side}.
function targetAt(event) {
  const over = event.target.closest?.("#build-form [data-part]");
  if (!dragged || !over || dragged.contains(over)) return null;
  const sections = dragged.dataset.part.startsWith("section.");
  const element = sections ? over.closest("section[data-part]") : over;
  if (!element || element === dragged) return null;
  const isSection = element.dataset.part.startsWith("section.");
  if (!sections && isSection) return { into: element.dataset.part, before: "", element, side: "into" };
  const list = element.closest("[data-into]")?.dataset.into ?? "";
  if (dragged.classList.contains("build-group") && !list.startsWith("section.")) return null;
  const box = (element.querySelector(".build-line") ?? element).getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) return { into: list, before: element.dataset.part, element, side: "before" };
  const next = element.nextElementSibling?.dataset.part ?? "";
  return { into: list, before: next, element, side: "after" };
}

document.addEventListener("pointerdown", (event) => {
  const part = event.target.closest?.("[data-grip]")?.closest("[data-part]");
  if (part) part.draggable = true;
});
document.addEventListener("pointerup", () => {
  for (const one of document.querySelectorAll("#build-form [draggable=true]")) one.draggable = false;
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#build-form [data-part]") ?? null;
  event.dataTransfer?.setData("text/plain", dragged?.dataset.part ?? "");
});
document.addEventListener("dragover", (event) => {
  clearMarks();
  const target = targetAt(event);
  if (!target) return;
  event.preventDefault();
  target.element.dataset.drop = target.side;
});
document.addEventListener("drop", (event) => {
  const target = targetAt(event);
  clearMarks();
  if (!target) return;
  event.preventDefault();
  ask(`place:${dragged.dataset.part}:${target.into}:${target.before}`);
});
document.addEventListener("dragend", () => {
  clearMarks();
  if (dragged) dragged.draggable = false;
  dragged = null;
});

// --- after each answer -----------------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSwap", () => {
  showSettings();
  restoreTypes();
});
showSettings();

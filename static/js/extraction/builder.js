// The builder of forms works without this: every gesture is a button of its one form. Here are what only script can do:
// Enter in a "new field" adds it, Alt+arrows move the part one is in, parts are dragged by their grip, a click puts a
// key into the formula, the editor shows the settings of the type chosen, the type of the last new field stays.
const types = new Map();

function builder() {
  return document.getElementById("build-form");
}

let busy = false;
const waiting = []; // gestures made while an answer is on its way: they go to the form that comes with it

// Press the button of the form that asks for `what`, or one made for it (htmx sends the button that was clicked).
function ask(what) {
  if (busy) {
    waiting.push(what);
    return;
  }
  const form = builder();
  let button = form.querySelector(`button[name="do"][value="${CSS.escape(what)}"]`);
  if (!button) {
    button = Object.assign(document.createElement("button"), { type: "submit", name: "do", value: what, hidden: true });
    form.append(button);
  }
  button.click();
}

// --- typing --------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const adding = event.target.closest?.("[data-enter]");
  if (adding && event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (adding.value.trim()) ask(adding.dataset.enter);
    return;
  }
  const row = event.target.closest?.("#build-form [data-part]");
  if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    ask(`${event.key === "ArrowUp" ? "up" : "down"}:${row.dataset.part}`);
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

// --- the preview -----------------------------------------------------------------------------------------------------

const typed = new Map(); // name and value of a control of the preview -> what the person has there
const asked = new WeakMap(); // request -> the same, as it took it to the server
let here = ""; // the control of the preview with the focus

const ticks = (one) => /^(checkbox|radio)$/.test(one.type);
const nameOf = (one) => (ticks(one) ? `${one.name}=${one.value}` : one.name);
const stateOf = (one) => (ticks(one) ? one.checked : one.value);

function controls() {
  return [...document.querySelectorAll("#preview-form :is(input, select, textarea)")].filter((one) => /^[vn]:/.test(one.name));
}

const states = () => new Map(controls().map((one) => [nameOf(one), stateOf(one)]));

function remember() {
  typed.clear();
  for (const [name, state] of states()) typed.set(name, state);
  const active = document.activeElement;
  here = active?.closest("#preview-form") ? nameOf(active) : "";
}

// What was typed while the answer was on its way stays, and the focus stays where it was.
function giveBack() {
  for (const one of controls()) {
    const was = typed.get(nameOf(one));
    if (was === undefined || was === stateOf(one)) continue;
    if (ticks(one)) one.checked = was;
    else one.value = was;
  }
  if (here) controls().find((one) => nameOf(one) === here)?.focus({ preventScroll: true });
}

// Only a settled form sends anything: what changed while the answer was on its way, and until then, is asked about now,
// or when the person leaves the field. Answers may overtake each other: each is measured by its own request.
function askAboutTheRest(event) {
  const known = asked.get(event.detail.xhr);
  if (!known) return;
  const behind = controls().filter((one) => (known.get(nameOf(one)) ?? (ticks(one) ? false : "")) !== stateOf(one));
  if (!behind.length) return;
  const last = behind.find((one) => one === document.activeElement && !ticks(one)) ?? behind.at(-1);
  const askAgain = () => last.dispatchEvent(new Event("change", { bubbles: true }));
  if (last === document.activeElement && !ticks(last)) last.addEventListener("blur", askAgain, { once: true });
  else askAgain();
}

document.addEventListener("htmx:beforeRequest", (event) => asked.set(event.detail.xhr, states()));

// The field that is being edited is in sight and marked.
function showEdited() {
  const part = document.getElementById("editor")?.dataset.editor;
  const preview = document.getElementById("preview");
  if (!part || !preview) return;
  const found = preview.querySelector(`[data-preview="${CSS.escape(part)}"]`);
  if (!found) return;
  found.classList.add("build-now");
  const [box, frame] = [found.getBoundingClientRect(), preview.getBoundingClientRect()];
  if (box.top < frame.top + 40 || box.bottom > frame.bottom) preview.scrollTop += box.top - frame.top - frame.height / 3;
}

// --- while an answer is on its way -----------------------------------------------------------------------------------

let sent = new Map(); // id of a field of the builder -> what was sent of it
let labels = []; // labels typed for new parts: {id, value, used: whether this request adds the part}
let later = new Map(); // id -> what was typed since

function texts() {
  return builder()?.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio])[id], textarea[id]") ?? [];
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.('#build-form button[name="do"]');
    if (!button || !busy) return;
    event.preventDefault();
    event.stopPropagation();
    waiting.push(button.value);
  },
  true,
);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== builder()) return;
  busy = true;
  const adding = [...document.querySelectorAll("#build-form [data-enter]")].filter((one) => one.value);
  const asked = event.detail.requestConfig.parameters.do;
  labels = adding.map((one, n) => ({ id: one.id, value: one.value, used: asked === one.dataset.enter || (asked === "save" && !n) }));
  for (const one of adding) if (labels.find((each) => each.id === one.id).used) one.value = ""; // what is typed now is the next one
  sent = new Map([...texts()].map((one) => [one.id, one.value]));
});

// What was typed as a label and made no part stands there again; after a failure every label.
function putLabelsBack(every) {
  for (const { id, value, used } of labels) {
    const field = document.getElementById(id);
    if (field && !field.value && (every || !used)) field.value = value;
  }
}

function goOn() {
  busy = false;
  const what = waiting.shift();
  if (what) ask(what);
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.path !== builder()?.getAttribute("hx-post") || !busy) return;
  putLabelsBack(!event.detail.successful);
  if (!event.detail.successful) waiting.length = 0;
  goOn();
});

// --- after each answer -----------------------------------------------------------------------------------------------

let scrolled = 0;
document.addEventListener("htmx:beforeSwap", () => {
  remember();
  scrolled = document.getElementById("preview")?.scrollTop ?? 0;
  later = new Map();
  if (busy) for (const one of texts()) if (sent.has(one.id) && sent.get(one.id) !== one.value) later.set(one.id, one.value);
});
document.addEventListener("htmx:afterSwap", () => {
  const preview = document.getElementById("preview");
  if (preview) preview.scrollTop = scrolled;
  showSettings();
  restoreTypes();
  giveBack();
  showEdited();
  for (const [id, value] of later) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
});
document.addEventListener("htmx:afterSettle", askAboutTheRest);
showSettings();
showEdited();

// One field on the page ([data-fill]): what stands in it, and putting something else there.
const NOT_REPORTED = "@not_reported";

export function cellOf(element) {
  return element.closest?.("[data-fill]") ?? null;
}

export function nameOf(cell) {
  return cell.dataset.fill;
}

export function cellNamed(name) {
  return document.querySelector(`[data-fill="${CSS.escape(name)}"]`);
}

const answers = (cell) => [...cell.querySelectorAll('[name^="v:"]')];
const unreported = (cell) => cell.querySelector("[data-fill-nr]");

// As the server takes it: a text, or a list where several can be chosen.
export function valueOf(cell) {
  const inputs = answers(cell);
  if (cell.dataset.type === "choices") return inputs.filter((one) => one.checked).map((one) => one.value);
  if (inputs[0]?.type === "radio") return inputs.find((one) => one.checked)?.value ?? "";
  if (unreported(cell)?.checked && !inputs[0].value.trim()) return NOT_REPORTED;
  return inputs[0]?.value ?? "";
}

// `value` as ``valueOf`` gives it or as the server keeps it (null, true, false, a list).
export function putValue(cell, value) {
  const inputs = answers(cell);
  const sent = value === true ? "yes" : value === false ? "no" : (value ?? "");
  const list = Array.isArray(sent) ? sent : [String(sent)];
  if (cell.dataset.type === "choices" || inputs[0]?.type === "radio") {
    inputs.forEach((one) => (one.checked = list.includes(one.value)));
    return;
  }
  const box = unreported(cell);
  const none = list[0] === NOT_REPORTED;
  if (box) box.checked = none;
  inputs[0].value = none && box ? "" : list[0];
}

export function commentOf(cell) {
  return cell.querySelector("[data-fill-comment]")?.value ?? "";
}

export function putComment(cell, text) {
  const area = cell.querySelector("[data-fill-comment]");
  if (!area) return;
  area.value = text;
  if (text) area.closest("details").open = true;
}

export function versionOf(cell) {
  return parseInt(cell.querySelector("[data-fill-stamp]")?.value ?? "0", 10);
}

export function putStamp(cell, stamp) {
  cell.querySelector("[data-fill-stamp]").value = stamp;
}

// What is said as words, for notes.
export function wordsOf(cell, value) {
  const list = (Array.isArray(value) ? value : [value]).filter((one) => one !== "" && one !== null);
  const words = list.map((one) => {
    if (one === NOT_REPORTED) return "Not reported";
    const input = [...answers(cell)].find((each) => each.value === one && each.type !== "text");
    const option = [...cell.querySelectorAll("option")].find((each) => each.value === one);
    return option?.textContent ?? input?.closest("label")?.textContent.trim() ?? String(one);
  });
  return words.join("; ");
}

export function same(a, b) {
  const plain = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : String(value ?? "").trim());
  return plain(a) === plain(b);
}

// One answer excludes another: "not reported" and a text or other boxes.
export function tidy(cell, changed) {
  if (changed.matches?.("[data-fill-nr]") && changed.checked) {
    const input = answers(cell)[0];
    changed.dataset.before = input.value;
    input.value = "";
  } else if (changed.matches?.("[data-fill-nr]")) {
    const input = answers(cell)[0];
    if (!input.value) input.value = changed.dataset.before ?? "";
  } else if (changed.matches?.("[data-fill-alone]") && changed.checked) {
    answers(cell).forEach((one) => (one.checked = one === changed));
  } else if (changed.type === "checkbox") {
    const alone = cell.querySelector("[data-fill-alone]");
    if (alone && alone !== changed) alone.checked = false;
  } else if (changed.name?.startsWith("v:") && changed.value && unreported(cell)) {
    unreported(cell).checked = false;
  }
}

export function clear(cell) {
  answers(cell).forEach((one) => (one.checked = false));
}

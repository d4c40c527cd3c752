// A row copied from a table fills the number fields from the one it is pasted into on; a second line the next arm.
const NUMBER = /<?\s*[-−]?(?:\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+|\d+)?[.·]?\d+(?:e-?\d+)?/gi;

function numbersOf(line) {
  const bare = line
    .replace(/\d+(?:[.·]\d+)?\s*%/g, " ") // a percentage stands beside the number of people it is of
    .replace(/(\d)(?:[–—-]|\s+[–—-]\s+)(?=\d)/g, "$1 ") // "3.1–4.5" is a range, "41 –3.2" is not
    .replace(/[–—](?=\s?\d)/g, "−");
  return (bare.match(NUMBER) ?? []).map((text) => text.replace(/\s+/g, ""));
}

function fields(row) {
  return [...row.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")];
}

function put(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("paste", (event) => {
  const field = event.target;
  const row = field.closest?.("[data-paste] [data-paste-row]");
  if (!row || field.tagName !== "INPUT") return;
  const lines = (event.clipboardData?.getData("text") ?? "")
    .split(/\r?\n/)
    .map(numbersOf)
    .filter((numbers) => numbers.length);
  if (!lines.length || (lines.length === 1 && lines[0].length < 2)) return;
  event.preventDefault();
  const rows = [...row.closest("[data-paste]").querySelectorAll("fieldset [data-paste-row]")];
  const start = fields(row).indexOf(field);
  let last = field;
  lines.forEach((numbers, line) => {
    const target = line ? rows[rows.indexOf(row) + line] : row;
    if (!target) return;
    numbers.forEach((text, i) => {
      const next = fields(target)[start + i];
      if (next) put((last = next), text);
    });
  });
  last.focus();
  last.dispatchEvent(new Event("change", { bubbles: true }));
});

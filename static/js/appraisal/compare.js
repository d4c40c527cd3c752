// The consensus form: take an assessor's answer with one gesture, walk by keys from difference to difference, and see
// what the tool makes of what is chosen so far.
const form = document.querySelector("form.rob-consensus");
const items = () => [...form.querySelectorAll("[data-item].differs, [data-item]:has(:invalid)")].filter((item) => !item.hidden);

function setKey(element, key, label) {
  if (!element) return;
  if (key) {
    element.dataset.key = key;
    element.dataset.keyLabel = label;
  } else {
    delete element.dataset.key;
    delete element.dataset.keyLabel;
  }
}

function makeCurrent(chosen) {
  const shown = items();
  const place = shown.indexOf(chosen);
  for (const item of form.querySelectorAll("[data-item]")) {
    const here = item === chosen;
    item.classList.toggle("is-current", here);
    for (const button of item.querySelectorAll("[data-take]")) setKey(button, here && button.dataset.digit, button.getAttribute("aria-label"));
    setKey(item.querySelector("th"), "");
  }
  setKey(shown[place + 1]?.querySelector("th"), "j", "Next difference");
  setKey(shown[place - 1]?.querySelector("th"), "k", "Difference before");
}

function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function take(button) {
  const item = button.closest("[data-item]");
  const value = button.dataset.take;
  const select = item.querySelector("td.choosing select[name$='-value']");
  const radio = item.querySelector(`td.choosing input[type=radio][name$='-value'][value="${CSS.escape(value)}"]`);
  if (item.dataset.question) select.value = value;
  else radio.checked = true;
  changed(item.dataset.question ? select : radio);
}

// What is asked and what wants a reason, as the server says. Rows nobody needs any more are put away.
function onNeeded({ shown, differing, asks }) {
  for (const row of form.querySelectorAll("[data-question]")) row.hidden = !shown.includes(row.dataset.question);
  for (const row of form.querySelectorAll("[data-domain]")) {
    const reason = row.querySelector("[data-reason]");
    if (reason) reason.hidden = !differing.includes(row.dataset.domain);
  }
  const together = form.querySelector("[data-together]");
  if (together) together.hidden = !asks;
}

for (const button of form.querySelectorAll("[data-take]")) {
  const heads = [...button.closest("table").querySelectorAll("thead th")];
  const who = heads[button.closest("td").cellIndex].textContent;
  button.setAttribute("aria-label", `Take what ${who} said`);
  button.hidden = false;
}
for (const head of form.querySelectorAll("[data-item] > th")) head.tabIndex = -1;
form.addEventListener("focusin", (event) => {
  const item = event.target.closest("[data-item]");
  if (item) makeCurrent(item);
});
form.addEventListener("click", (event) => {
  const head = event.target.closest("[data-item] > th");
  if (head) {
    head.closest("details").open = true;
    head.focus({ preventScroll: true });
    head.scrollIntoView({ block: "center" });
  }
  const item = event.target.closest("[data-item]");
  if (item) makeCurrent(item);
  const button = event.target.closest("[data-take]");
  if (button) take(button);
});
document.addEventListener("needed", (event) => onNeeded(event.detail));
if (items().length) makeCurrent(items()[0]);

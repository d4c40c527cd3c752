// Keys on a page that judges domain by domain: digits choose a level in the current domain, S goes to its
// support, J and K walk. The current domain is the one that was clicked or has the focus.
const domains = [...document.querySelectorAll("[data-domain]")];

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

function makeCurrent(place) {
  domains.forEach((domain, index) => {
    const here = index === place;
    domain.classList.toggle("is-current", here);
    domain.querySelectorAll("[data-digit]").forEach((input) =>
      setKey(input, here && input.dataset.digit, `Judge as ${input.dataset.label}`),
    );
    setKey(domain.querySelector("textarea"), here && "s", "Write the support");
    const legend = domain.querySelector("legend");
    if (index === place + 1) setKey(legend, "j", "Next domain");
    else if (index === place - 1) setKey(legend, "k", "Previous domain");
    else setKey(legend, "");
  });
}

domains.forEach((domain, index) => {
  const legend = domain.querySelector("legend");
  legend.tabIndex = -1;
  legend.addEventListener("click", () => {
    legend.focus();
    domain.scrollIntoView({ block: "nearest" });
  });
  domain.addEventListener("focusin", () => makeCurrent(index));
  domain.addEventListener("click", () => makeCurrent(index));
});
const open = domains.findIndex((domain) => !domain.querySelector("input:checked"));
if (domains.length) makeCurrent(Math.max(0, open));

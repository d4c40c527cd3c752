// What the answers to the criteria propose: any that fails excludes, for the reason that comes first in the list among
// those of the failed ones; all answered and none failed includes, or is a maybe where something is unclear.
export function proposal(pane) {
  const asked = [...pane.querySelectorAll(".questions [data-fails]")];
  const answers = asked.map((field) => field.querySelector("input:checked")?.value ?? "");
  const failed = asked.filter((field, at) => answers[at] === field.dataset.fails);
  if (failed.length) {
    const named = failed.map((field) => field.dataset.reason);
    const reason = [...pane.querySelectorAll("[form=vote-form][name=reason]")].find((button) => named.includes(button.value));
    return { vote: "exclude", reason: reason ?? null };
  }
  if (!asked.length || answers.includes("")) return null;
  return { vote: answers.includes("unclear") ? "maybe" : "include", reason: null };
}

// Shows it on the buttons; a person still has to press one.
export function showProposal(pane) {
  const place = pane.querySelector("[data-proposal]");
  if (!place) return;
  const proposed = proposal(pane);
  const buttons = [...pane.querySelectorAll("[form=vote-form]:is([name=vote], [name=reason])")];
  const vote = buttons.find((button) => button.name === "vote" && button.value === proposed?.vote);
  for (const button of buttons) {
    button.classList.toggle("is-proposed", button === (proposed?.reason ?? vote));
  }
  const words = (button) => [...button.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
  place.textContent = proposed ? `Proposed: ${proposed.reason ? `exclude, ${words(proposed.reason)}` : words(vote).toLowerCase()}.` : "";
}

// What the answers to the criteria propose; screening/criteria.py says the same, with the rules in words.
export function proposal(pane) {
  const asked = [...pane.querySelectorAll(".questions [data-fails]")];
  const answer = (field) => field.querySelector("input:checked")?.value ?? "";
  const excludes = (field) => field.dataset.fails === "yes";
  const inclusion = asked.filter((field) => !excludes(field));
  const wanted = Number(pane.querySelector(".questions")?.dataset.needed ?? 0);
  const needed = Math.min(wanted, inclusion.length) || inclusion.length;
  const failed = asked.filter((field) => answer(field) === field.dataset.fails);
  const notMet = failed.filter((field) => !excludes(field));
  if (failed.length > notMet.length || inclusion.length - notMet.length < needed) {
    const named = failed.map((field) => field.dataset.reason).find(Boolean);
    const reason = [...pane.querySelectorAll("[form=vote-form][name=reason]")].find((button) => button.value === named);
    return { vote: "exclude", reason: reason ?? null };
  }
  const met = inclusion.filter((field) => answer(field) === "yes").length;
  const open = asked.filter((field) => (excludes(field) ? answer(field) !== "no" : met < needed && ["", "unclear"].includes(answer(field))));
  if (!asked.length || open.some((field) => !answer(field))) return null;
  return { vote: open.length ? "maybe" : "include", reason: null };
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

// "As Ben" puts Ben's reason, and what he rated, into the consensus of that domain.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-reason]");
  if (!button) return;
  const cell = button.closest("td");
  const choice = cell.querySelector("select");
  const reason = cell.querySelector("textarea");
  if (button.dataset.takeValue) choice.value = button.dataset.takeValue;
  reason.value = button.dataset.takeReason;
  reason.dispatchEvent(new Event("input", { bubbles: true }));
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  reason.focus();
});

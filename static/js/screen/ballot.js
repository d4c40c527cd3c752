// The vote bar of a pane: what is pressed, what is wrong with it, and what was voted.
export function mark(pane, vote, reason) {
  pane.dataset.own = vote;
  const pressed = (button) => (button.name === "vote" ? button.value === vote : Number(button.value) === reason);
  pane.querySelectorAll("[form=vote-form]:is([name=vote], [name=reason])").forEach((button) => {
    if (vote && pressed(button)) button.setAttribute("aria-pressed", "true");
    else button.removeAttribute("aria-pressed");
  });
}

// At the top of what is read, or right above the field that is wrong.
function wrong(pane, sentence, field) {
  clearWrong(pane);
  const note = document.createElement("div");
  note.className = "note note-error";
  note.id = "vote-error";
  note.tabIndex = -1;
  const text = document.createElement("p");
  text.textContent = sentence;
  note.append(text);
  if (field) {
    field.before(note);
    field.setAttribute("aria-describedby", "vote-error");
    field.setAttribute("aria-invalid", "true");
    field.focus({ preventScroll: true });
    note.parentElement.scrollIntoView({ block: "center" });
  } else {
    pane.querySelector(".pane-read").prepend(note);
    note.focus({ preventScroll: true });
    note.scrollIntoView({ block: "nearest" });
  }
}

function clearWrong(pane) {
  pane.querySelector("#vote-error")?.remove();
  const field = pane.querySelector("[aria-describedby=vote-error]");
  field?.removeAttribute("aria-describedby");
  field?.removeAttribute("aria-invalid");
}

export function choiceOf(pane, button) {
  const reason = button.name === "reason" ? Number(button.value) : null;
  const vote = reason ? "exclude" : button.value;
  const note = pane.querySelector("[name=note]");
  const answers = [...pane.querySelectorAll("input[name^=answer_]:checked")];
  return {
    vote,
    reason,
    note: note?.value ?? "",
    answers: Object.fromEntries(answers.map((input) => [input.name.slice(7), input.value])),
  };
}

export function isSound(pane, choice, needsReason) {
  if (choice.vote === "exclude" && !choice.reason && "reasonRequired" in pane.dataset) {
    wrong(pane, `${needsReason} Choose the first that applies.`);
    return false;
  }
  if (["awaiting", "ongoing"].includes(choice.vote) && !choice.note.trim()) {
    const sentence = "Say here what is waited for, for example: no results yet, expected in 2027. Then press the same again.";
    wrong(pane, sentence, pane.querySelector("[form=vote-form][name=note]"));
    return false;
  }
  clearWrong(pane);
  return true;
}

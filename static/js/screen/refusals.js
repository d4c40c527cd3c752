// Votes that the server did not take: each says why and leads to its record, until it is put away.

// refusals: an Outbox of them; words: {vote: its word}.
export function showRefusals(refusals, words) {
  const notes = refusals.all().map((item) => {
    const note = document.createElement("div");
    note.className = "note note-warning";
    const text = document.createElement("p");
    text.textContent = `Your vote “${words[item.sent.vote]}” on “${item.title}” was not taken. ${item.sentence} `;
    const link = document.createElement("a");
    link.className = "btn btn-small";
    link.href = item.address;
    link.textContent = "Open that record";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-small";
    close.textContent = "Dismiss";
    close.addEventListener("click", () => {
      refusals.remove(item);
      showRefusals(refusals, words);
    });
    note.append(text, link, close);
    return note;
  });
  document.getElementById("refused").replaceChildren(...notes);
}

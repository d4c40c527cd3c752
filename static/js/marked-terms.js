// Marks the terms of #term-lists in every part of the page that says data-terms, with the legend beside them.
import { legend, markTerms } from "./terms.js";

const given = document.getElementById("term-lists");
if (given) {
  const lists = JSON.parse(given.textContent);
  const counts = [...document.querySelectorAll("[data-terms]")].map((part) => markTerms(part, lists));
  const list = document.querySelector("[data-term-legend]");
  if (list && lists.length) {
    list.hidden = false;
    legend(list, lists, counts);
  }
}

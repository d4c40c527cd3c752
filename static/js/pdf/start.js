// Opens a viewer in every pane [data-pdf] (screening/_pdf.html), also in those that come into the page later.
import { Viewer } from "./viewer.js";

const viewers = new Map();

function open(root) {
  const panes = root.matches?.("[data-pdf]") ? [root] : root.querySelectorAll?.("[data-pdf]") ?? [];
  for (const pane of panes) {
    if (viewers.has(pane)) continue;
    const viewer = new Viewer(pane);
    viewers.set(pane, viewer);
    viewer.open();
  }
}

function closeGone() {
  for (const [pane, viewer] of viewers) {
    if (pane.isConnected) continue;
    viewer.close();
    viewers.delete(pane);
  }
}

open(document);
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) open(node);
  if (changes.some((change) => change.removedNodes.length)) closeGone();
}).observe(document.body, { childList: true, subtree: true });

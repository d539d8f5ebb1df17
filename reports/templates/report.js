"use strict";
function said(button, text) {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => { button.textContent = before; }, 1500);
}
function copyBySelection(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const node = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(node.textContent);
      said(button, "Copied");
    } catch {
      said(button, copyBySelection(node) ? "Copied" : "Selected: press Ctrl+C");
    }
  });
}
function openTarget() {
  const node = location.hash && document.getElementById(location.hash.slice(1));
  if (node && node.tagName === "DETAILS") { node.open = true; node.scrollIntoView(); }
}
window.addEventListener("hashchange", openTarget);
openTarget();
window.addEventListener("beforeprint", () => {
  for (const node of document.querySelectorAll("details.new, details.fault")) { node.open = true; }
});

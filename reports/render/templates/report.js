"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

/* Copying */
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
async function copy(button) {
  const node = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(node.textContent);
    said(button, "Copied");
  } catch {
    said(button, copyBySelection(node) ? "Copied" : "Selected: press Ctrl+C");
  }
}
for (const button of all("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

/* Filters: kept in the address, so that a link shows what its sender saw */
const fields = ["op", "target", "aspect", "verdict", "status", "owner"].map((name) => [name, byId(`by-${name}`)]).filter(([, node]) => node);
const search = byId("q");
const order = byId("sort");
const items = all("[data-op]");
/* Counted from the end of a row: a cell before them may span several rows. */
function column(head) {
  const rows = [...head.closest("table").querySelectorAll("tbody > tr")];
  const back = head.parentElement.cells.length - head.cellIndex;
  return [head, ...rows.map((row) => row.cells[row.cells.length - back])].map((cell) => [cell, head.dataset.column]);
}
const columns = all("[data-column]").flatMap(column);
const lists = all(".list");
const folds = new Map(all("details.plain").map((fold) => [fold, fold.open]));
const texts = new Map();
function text(node) {
  if (!texts.has(node)) { texts.set(node, node.textContent.toLowerCase()); }
  return texts.get(node);
}
function fits(node, wanted, words) {
  const data = node.dataset;
  for (const [name, value] of wanted) {
    const own = data[name];
    if (own !== undefined && own !== "" && own !== value && !own.split(" ").includes(value)) { return false; }
  }
  return words.every((word) => text(node).includes(word));
}
function filter() {
  const wanted = fields.map(([name, node]) => [name, node.value]).filter(([, value]) => value);
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const node of items) { node.hidden = !fits(node, wanted, words); }
  const target = (wanted.find(([name]) => name === "target") || [])[1];
  for (const [cell, name] of columns) { cell.hidden = Boolean(target) && name !== target; }
  for (const [, node] of [...fields, ["", search], ["", order]]) { node.classList.toggle("active", node.value !== ""); }
  for (const grid of all("table.folds")) { grid.classList.toggle("all", Boolean(words.length) || wanted.some(([name]) => name === "op")); }
  for (const list of lists) { list.nextElementSibling.hidden = Boolean(list.querySelector(".entry:not([hidden])")); }
  const asked = wanted.length + words.length > 0;
  for (const [fold, open] of folds) { fold.open = asked ? Boolean(fold.querySelector("[data-op]:not([hidden])")) : open; }
  const entries = all(".entry");
  const shown = entries.filter((node) => !node.hidden).length;
  byId("matches").textContent = entries.length ? `${shown} of ${entries.length} differences` : "";
}
const original = new Map(lists.map((list) => [list, [...list.children]]));
const orders = {
  records: (a, b) => b.dataset.records - a.dataset.records,
  rho: (a, b) => size(b.dataset.rho) - size(a.dataset.rho),
  op: (a, b) => a.dataset.op.localeCompare(b.dataset.op),
};
function size(rho) {
  return rho === "nan" || rho === "inf" ? Infinity : rho === "" ? -1 : Number(rho);
}
function arrange() {
  for (const [list, nodes] of original) {
    const compare = orders[order.value];
    list.append(...(compare ? [...nodes].sort((a, b) => compare(a, b) || 0) : nodes));
  }
}
function remember(finding) {
  const parts = new URLSearchParams();
  for (const [name, node] of [...fields, ["q", search], ["sort", order]]) { if (node.value) { parts.set(name, node.value); } }
  if (finding) { parts.set("finding", finding); }
  try { history.replaceState(null, "", parts.size ? `#${parts}` : location.pathname + location.search); } catch { /* not in this browser */ }
}
function changed() { filter(); arrange(); remember(); }
byId("tools").hidden = false;
byId("tools").addEventListener("submit", (event) => event.preventDefault());
for (const [, node] of fields) { node.addEventListener("change", changed); }
order.addEventListener("change", changed);
let soon = 0;
search.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(changed, 80); });
function reset() {
  for (const [, node] of [...fields, ["", search], ["", order]]) { node.value = ""; }
  changed();
}
byId("reset").addEventListener("click", reset);

/* Links: #finding=ID, with or without filters, or the plain id of an element */
function reveal(node) {
  for (let up = node; up; up = up.parentElement) {
    up.hidden = false;
    if (up.tagName === "DETAILS") { up.open = true; }
  }
  node.scrollIntoView();
  point(node.closest(".entry"));
}
function follow() {
  const hash = location.hash.slice(1);
  if (!hash.includes("=")) {
    const node = hash && byId(hash);
    if (node && node.closest("details")) { reveal(node); }
    return;
  }
  const parts = new URLSearchParams(hash);
  for (const [name, node] of [...fields, ["q", search], ["sort", order]]) { node.value = parts.get(name) || ""; }
  filter();
  arrange();
  const wanted = parts.get("finding");
  const node = wanted && (all("[data-finding]").find((entry) => entry.dataset.finding === wanted) || byId(wanted));
  if (node) { reveal(node); }
}
window.addEventListener("hashchange", follow);
for (const link of all("[data-link]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    remember(link.dataset.link);
    reveal(link.closest("details"));
  });
}

/* Tables in another order */
function key(row, place) {
  const cell = row.cells[place];
  const raw = cell.dataset.key ?? cell.textContent.trim();
  const number = raw === "nan" || raw === "inf" ? Infinity : Number(raw.replaceAll(",", ""));
  return raw === "" || Number.isNaN(number) ? raw : number;
}
function compareKeys(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b || 0 : String(a).localeCompare(String(b), "en", { numeric: true });
}
function sortBy(head, place) {
  const table = head.closest("table");
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) { other.removeAttribute("aria-sort"); }
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows].map((row) => [key(row, place), row]);
  rows.sort(([a], [b]) => (down ? compareKeys(b, a) : compareKeys(a, b)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
for (const table of all("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "order";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(head, place));
  });
}

/* Families of the grid */
function unfold(button) {
  button.setAttribute("aria-expanded", String(button.closest("tbody").classList.toggle("open")));
}
for (const button of all("button.fold")) { button.addEventListener("click", () => unfold(button)); }

/* Light and dark */
const themes = ["system", "dark", "light"];
const theme = byId("theme");
function stored(value) {
  try {
    if (value) { localStorage.setItem("opassay-theme", value); }
    return localStorage.getItem("opassay-theme");
  } catch { return value; }
}
function wear(name) {
  if (name === "system") { delete document.documentElement.dataset.theme; } else { document.documentElement.dataset.theme = name; }
  theme.textContent = `Theme: ${name}`;
}
let worn = themes.includes(stored()) ? stored() : "system";
function nextTheme() {
  worn = themes[(themes.indexOf(worn) + 1) % themes.length];
  stored(worn);
  wear(worn);
}
theme.hidden = false;
theme.addEventListener("click", nextTheme);
wear(worn);

/* Keys */
let current = null;
function point(node) {
  if (current) { current.classList.remove("current"); }
  current = node;
  if (node) { node.classList.add("current"); }
}
function step(by) {
  const shown = all(".entry:not([hidden])");
  const at = shown.indexOf(current);
  const node = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1)];
  if (!node) { return; }
  point(node);
  node.querySelector("summary").focus({ preventScroll: true });
  node.scrollIntoView({ block: "nearest" });
}
const keys = {
  "/": () => search.focus(),
  j: () => step(1),
  k: () => step(-1),
  c: () => { const button = current && current.querySelector("button[data-copy]"); if (button) { current.open = true; copy(button); } },
  t: nextTheme,
  "?": () => byId("help").showModal(),
};
byId("keys").addEventListener("click", keys["?"]);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) { return; }
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") { if (typing) { event.target.blur(); } reset(); return; }
  if (typing || !Object.hasOwn(keys, event.key)) { return; }
  event.preventDefault();
  keys[event.key]();
});

/* Print: what is new is printed in full */
window.addEventListener("beforeprint", () => { for (const node of all("details.new, details.fault")) { node.open = true; } });
filter();
follow();

// Two files beside each other, with what has changed. The data is in stages-data.js: see stages.py.
"use strict";

const place = document.getElementById("stages");
const narrow = matchMedia("(max-width: 56em)");
const FOLD = 12; // so many lines that are the same in both are folded
const AROUND = 3; // and so many of them still shown before and after

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function labelled(name, select) {
  select.id = `choose-${name.toLowerCase()}`;
  return make("div", {}, make("label", { htmlFor: select.id, textContent: name }), select);
}

const choose = { group: make("select"), old: make("select"), new: make("select") };
const says = make("p", { className: "says" });
says.setAttribute("role", "status");
const table = make("div", { className: "beside highlight" });
const button = (textContent, title = "") => make("button", { type: "button", textContent, title });
const back = button("← A stage back");
const on = button("A stage on →");
const why = make("span", { className: "why" }); // one of them is grey
const text = make("span"); // where it is told of
const previous = button("↑ Change before");
const following = button("Next change ↓");
const bar = make("div", { className: "bar" }, says, previous, following);
place.replaceChildren(
  make("div", { className: "choose" },
    labelled("File", choose.group), make("div", { className: "step" }, back, on),
    labelled("Before", choose.old), labelled("After", choose.new)),
  make("p", { className: "about" }, why, text), bar, table);
new ResizeObserver(() => place.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
for (const group of stages.groups) choose.group.append(make("option", { textContent: group.name }));

let [begins, at] = [[], 0]; // the first row of each change; the one that is looked at
let counts = "";

const group = () => stages.groups[choose.group.selectedIndex];

const directory = (path) => path.slice(0, path.lastIndexOf("/"));

function fill(old, next) {
  for (const select of [choose.old, choose.new]) {
    select.replaceChildren(...group().files.map((file) => make("option", { textContent: file.path })));
  }
  choose.old.selectedIndex = old;
  choose.new.selectedIndex = next;
}

// Pieces of both files, one after the other: [begin and end before, begin and end after, whether they are the same].
function pieces(old, next) {
  const known = group().changes[`${Math.min(old, next)},${Math.max(old, next)}`] ?? [];
  const changes = old <= next ? known : known.map(([a, b, c, d]) => [c, d, a, b]);
  const result = [];
  let [i, j] = [0, 0];
  for (const [a, b, c, d] of changes) {
    if (a > i) result.push([i, a, j, c, true]);
    result.push([a, b, c, d, false]);
    [i, j] = [b, d];
  }
  const length = group().files[old].lines.length;
  if (length > i) result.push([i, length, j, group().files[next].lines.length, true]);
  return result;
}

// Puts marks into the text of a line: [begin, end, begin, end, …].
function mark(cell, places = []) {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let at = 0; walker.nextNode(); at += walker.currentNode.data.length) {
    for (let i = 0; i < places.length; i += 2) {
      const begin = Math.max(places[i] - at, 0);
      const end = Math.min(places[i + 1] - at, walker.currentNode.data.length);
      if (begin < end) found.push([walker.currentNode, begin, end]);
    }
  }
  for (const [node, begin, end] of found.reverse()) { // the last one first, or the others were somewhere else
    const range = new Range();
    range.setStart(node, begin);
    range.setEnd(node, end);
    range.surroundContents(make("mark"));
  }
}

function cells(file, line, kind) {
  if (line === null) return [make("td", { className: "number none" }), make("td", { className: "text none" })];
  const text = make("td", { className: `text ${kind}`, innerHTML: stages.lines[file.lines[line]] || " " });
  text.style.setProperty("--hang", text.textContent.search(/\S|$/) + 2);
  if (kind) mark(text, file.marks[line]);
  return [make("td", { className: `number ${kind}`, textContent: line + 1 }), text];
}

function rowsOf([a, b, c, d, same], before, after) {
  const rows = [];
  if (narrow.matches) {
    for (let i = a; i < b && !same; ++i) rows.push(make("tr", {}, ...cells(before, i, "gone")));
    for (let j = c; j < d; ++j) rows.push(make("tr", {}, ...cells(after, j, same ? "" : "new")));
    return rows;
  }
  for (let n = 0; n < Math.max(b - a, d - c); ++n) { // beside each other
    rows.push(make("tr", {},
      ...cells(before, a + n < b ? a + n : null, same ? "" : "gone"),
      ...cells(after, c + n < d ? c + n : null, same ? "" : "new")));
  }
  return rows;
}

// The rows in the middle of a long piece that is the same, behind a button.
function folded(rows, first, last) {
  const hidden = rows.slice(first, last);
  if (hidden.length < FOLD - 2 * AROUND) return rows;
  const more = button(`${hidden.length} lines that are the same`);
  const row = make("tr", { className: "folded" }, make("td", { colSpan: narrow.matches ? 2 : 4 }, more));
  more.onclick = () => row.replaceWith(...hidden);
  return [...rows.slice(0, first), row, ...rows.slice(last)];
}

function draw() {
  const [old, next] = [choose.old.selectedIndex, choose.new.selectedIndex];
  const [lower, higher] = group().marks[`${Math.min(old, next)},${Math.max(old, next)}`] ?? [{}, {}];
  const before = { ...group().files[old], marks: old <= next ? lower : higher };
  const after = { ...group().files[next], marks: old <= next ? higher : lower };
  const all = pieces(old, next);
  begins = [];
  const body = make("tbody");
  for (const [index, piece] of all.entries()) {
    const rows = rowsOf(piece, before, after);
    if (!piece[4]) begins.push(rows[0]);
    const first = index === 0 ? 0 : AROUND;
    const last = index === all.length - 1 ? rows.length : rows.length - AROUND;
    body.append(...(piece[4] ? folded(rows, first, last) : rows));
  }
  const head = (file) => {
    const link = make("a", { href: `files/${file.path}.html`, textContent: file.path });
    return make("th", { colSpan: 2, scope: "col" }, link);
  };
  const columns = () => [make("col", { className: "number" }), make("col")];
  const titles = narrow.matches
    ? [make("tr", {}, head(before)), make("tr", {}, head(after))]
    : [make("tr", {}, head(before), head(after))];
  table.replaceChildren(make("table", {},
    make("colgroup", {}, ...columns(), ...(narrow.matches ? [] : columns())), make("thead", {}, ...titles), body));

  const count = (from, to) => all.reduce((sum, piece) => sum + (piece[4] ? 0 : piece[to] - piece[from]), 0);
  counts = old === next
    ? "The same file twice. Choose another one."
    : `In all ${count(0, 1)} of ${before.lines.length} lines are gone, and ${count(2, 3)} of ${after.lines.length} are new.`;
  back.disabled = Math.min(old, next) === 0;
  on.disabled = Math.max(old, next) === group().files.length - 1;
  why.textContent = [back.disabled && `${group().files[0].path} is the first stage.`, on.disabled && `${group().files.at(-1).path} is the last one.`]
    .filter(Boolean).join(" ");
  why.hidden = !why.textContent;
  tell(before.path, after.path);
  // What differs in comments at the top, and in #include, is not what somebody comes for.
  goTo(group().code[`${Math.min(old, next)},${Math.max(old, next)}`] ?? 0, false);
}

// The way to the text: to the difference itself, if it is there, or to the step, or to the chapter.
function tell(before, after) {
  const [where, title] = stages.texts[`${before}..${after}`] ?? stages.texts[`${after}..${before}`]
    ?? stages.texts[after] ?? stages.texts[before] ?? stages.texts[after.split("/")[0]] ?? stages.texts[before.split("/")[0]] ?? [];
  text.replaceChildren(...(where ? ["In the text: ", make("a", { href: where, textContent: title })] : []));
}

// The change with that number is the one that is looked at.
function goTo(number, scroll = true) {
  begins[at]?.classList.remove("at");
  at = Math.max(0, Math.min(begins.length - 1, number));
  begins[at]?.classList.add("at");
  const of = begins.length === 1 ? "One change. " : `Change ${at + 1} of ${begins.length}. `;
  says.textContent = (begins.length ? of : "") + counts;
  previous.disabled = begins.length === 0 || at === 0;
  following.disabled = at >= begins.length - 1;
  const titles = narrow.matches ? 0 : table.querySelector("thead").offsetHeight;
  if (scroll && begins[at]) scrollTo({ top: begins[at].getBoundingClientRect().top + scrollY - bar.getBoundingClientRect().bottom - titles - 60 });
}

function show() {
  draw();
  begins[at]?.scrollIntoView({ block: "nearest" }); // the menus stay, if there is room
  const path = (select) => group().files[select.selectedIndex].path;
  history.replaceState(null, "", `#${path(choose.old)}..${path(choose.new)}`);
}

function open() {
  const [before, after] = decodeURIComponent(location.hash.slice(1)).split("..");
  const has = (one, path) => one.files.findIndex((file) => file.path === path);
  const found = stages.groups.findIndex((one) => has(one, before) >= 0 && has(one, after) >= 0);
  choose.group.selectedIndex = Math.max(found, 0);
  if (found < 0) fill(0, 1);
  else fill(has(group(), before), has(group(), after));
  draw();
  // Who comes for these two sees the first change.
  if (found >= 0) bar.scrollIntoView();
  if (found >= 0 && at > 0) goTo(at);
}

// Another file of the same chapters, where they have one.
choose.group.onchange = () => {
  const chapters = [choose.old, choose.new].map((select) => directory(select.value));
  const [old, next] = chapters.map((chapter) => group().files.findIndex((file) => directory(file.path) === chapter));
  if (old >= 0 && next >= 0 && old !== next) fill(old, next);
  else fill(0, 1);
  show();
};
previous.onclick = () => goTo(at - 1);
following.onclick = () => goTo(at + 1);
choose.old.onchange = choose.new.onchange = show;
const step = (by) => () => {
  choose.old.selectedIndex += by;
  choose.new.selectedIndex += by;
  show();
};
back.onclick = step(-1);
on.onclick = step(1);
narrow.onchange = draw;
addEventListener("hashchange", open);
open();

// Sphinx's search finds pages. Below each of them, here, are its sections that have the words, and where. The sections are
// in sections.js: see book.py.
"use strict";

const MOST = 4; // sections below a page
const AROUND_WORD = 90; // letters before and after a word

const query = (new URLSearchParams(location.search).get("q") ?? "").trim().toLowerCase();
const words = query.split(/\s+/).filter(Boolean);

// How well a section fits: the words as they were asked for, then each of them, first in the title.
function fits([, title, text]) {
  const all = `${title} ${text}`.toLowerCase();
  if (!words.every((word) => all.includes(word))) return 0;
  return 1 + (title.toLowerCase().includes(query) ? 4 : 0) + (all.includes(query) ? 2 : 0);
}

function around(text) {
  const lower = text.toLowerCase();
  const word = lower.includes(query) ? query : words.find((one) => lower.includes(one)) ?? "";
  const at = Math.max(lower.indexOf(word), 0);
  const begin = Math.max(text.lastIndexOf(" ", Math.max(at - AROUND_WORD, 0)), 0);
  const line = document.createElement("p");
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, at + word.length);
  line.append(begin ? "… " : "", text.slice(begin, at).trimStart(), mark);
  line.append(text.slice(at + word.length, at + word.length + AROUND_WORD).replace(/\S*$/, "…"));
  return line;
}

function addSections(item) {
  const page = item.querySelector("a");
  const name = new URL(page.href).pathname.split("/").pop().replace(/\.html$/, "");
  const found = (sections[name] ?? []).map((section) => [fits(section), section]).filter(([how]) => how);
  found.sort(([a], [b]) => b - a);
  const list = document.createElement("ul");
  for (const [, [anchor, title, text]] of found.slice(0, MOST)) {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${name}.html#${anchor}`;
    link.textContent = title;
    entry.append(link, around(text));
    list.append(entry);
  }
  if (found.length) item.append(list);
}

const results = document.getElementById("search-results");
if (words.length && results) {
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeName === "LI" && node.parentNode.matches("ul.search")) addSections(node);
      }
    }
  }).observe(results, { childList: true, subtree: true });
}

// The search, by sections. What Sphinx would find is whole pages; this has each section's title, its index entries, the words
// that its text stresses, its prose and its code, and asks them in this order. They are in sections.js: see book.py.
"use strict";

const MOST = 25; // results
const AROUND_WORD = 110; // letters before and after a word
const COMMON = new Set("a an and are as at be by can do does for from how i in is it its of on or that the this to up was what when where who why with".split(" "));

// A hyphen is a space, and the length stays: what is found here is where it is in the text.
const plain = (text) => text.toLowerCase().replace(/[\u2019]/g, "'").replace(/[-\u2010-\u2013]/g, " ");

// A word and its other forms: trigger, triggers, triggered. Loosely, all that begins with it.
const FORMS = { lost: "los(?:t|e|es|ing)", woken: "w[ao]ken?" };
FORMS.lose = FORMS.loses = FORMS.lost;
FORMS.woke = FORMS.woken;
const ENDINGS = "(?:s|es|ed|ing|e|ers?|ations?)?(?![a-z0-9])";
function stem(word, loosely) {
  if (FORMS[word]) return FORMS[word];
  const shorter = word.length > 4 ? word.replace(/(ing|ed|es|s|e|ation|er)$/, "") : word;
  return shorter.replace(/[^\w]/g, "\\$&") + (loosely ? "\\w*" : ENDINGS);
}

function ask(text, loosely = false) {
  const phrase = plain(text).trim().replace(/\s+/g, " ");
  const all = phrase.split(" ").filter(Boolean);
  const words = all.filter((word) => !COMMON.has(word));
  const patterns = (words.length ? words : all).map((word) => new RegExp(`(?<![a-z0-9])${stem(word, loosely)}`, "g"));
  // As it was asked for, or with other forms of its words.
  const asked = new RegExp(`(?<![a-z0-9])${all.map((word) => stem(word, loosely)).join("\\s+")}`, "g");
  return { phrase, patterns, asked };
}

const times = (text, pattern) => text.match(pattern)?.length ?? 0;

// How well a section fits, or 0.
function fits({ phrase, patterns, asked }, section, page) {
  const { title, terms, stressed, prose, code } = section.plain;
  const every = patterns.every((pattern) => [title, terms, prose, code, page].some((text) => times(text, pattern)));
  if (!every || !patterns.length) return 0;
  const within = (list, whole, part) => (list.includes(phrase) ? whole : list.some((one) => times(one, asked)) ? part : 0);
  let score = within([title, title.replace(/^(\d+|step \d+:) /, "")], 100, 60);
  score += within(section.index.map(plain), 90, 40);
  score += within(stressed, 40, 20);
  score += times(prose, asked) && 12 + 2 * Math.min(times(prose, asked), 6);
  score += times(code, asked) && 4 + Math.min(times(code, asked), 4);
  for (const pattern of patterns) {
    score += (times(title, pattern) && 8) + (times(terms, pattern) && 4) + (times(prose, pattern) && 2);
    score += Math.min(times(prose, pattern), 5) / 2;
  }
  if (prose.split(/[.?!:] /).some((sentence) => patterns.every((pattern) => times(sentence, pattern)))) score += 5;
  return section.beside ? score / 2 : score;
}

function prepare() {
  const all = [];
  for (const [name, [pageTitle, ...found]] of Object.entries(window.sections)) {
    for (const [anchor, title, prose, code, index, stressed] of found) {
      const beside = /^(Exercises|Man pages|Known lies|The diff)$/.test(title) || ["readme", "the-lab", "contributing"].includes(name);
      const terms = [...index, ...stressed].join(" | ");
      all.push({ name, anchor, title, prose, code, index, pageTitle, beside, plain: {
        title: plain(title), terms: plain(terms), stressed: stressed.map(plain), prose: plain(prose), code: plain(code) } });
    }
  }
  return all;
}

// The words around what was found, and whether that is code.
function around(section, { asked, patterns }) {
  const line = document.createElement("p");
  const where = (which, pattern) => {
    pattern.lastIndex = 0;
    return pattern.exec(section.plain[which]);
  };
  for (const [which, pattern] of [["prose", asked], ["code", asked], ...patterns.flatMap((one) => [["prose", one], ["code", one]])]) {
    const found = where(which, pattern);
    if (!found) continue;
    const text = section[which];
    const word = found[0] + text.slice(found.index + found[0].length).match(/^\w*/)[0];
    const begin = found.index > AROUND_WORD ? text.indexOf(" ", found.index - AROUND_WORD) + 1 : 0;
    const end = found.index + word.length;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(found.index, end);
    line.append(begin ? "… " : "", text.slice(begin, found.index), mark);
    line.append(text.slice(end, end + AROUND_WORD).replace(/\S*$/, "…"));
    return [line, which === "code"];
  }
  if (section.prose) line.append(section.prose.slice(0, 2 * AROUND_WORD).replace(/\S*$/, "…"));
  return [line, false];
}

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const results = document.getElementById("search-results");
const field = document.querySelector("input[name=q]");
const all = prepare();
const list = make("ul", { className: "search" });
const says = make("p", { className: "search-summary" });
says.setAttribute("role", "status");

const best = (query) =>
  all.map((section) => [fits(query, section, plain(section.pageTitle)), section]).filter(([score]) => score).sort(([a], [b]) => b - a);

function show(text) {
  let query = ask(text);
  let found = best(query);
  if (!found.length) found = best((query = ask(text, true)));
  list.replaceChildren(...found.slice(0, MOST).map(([, section]) => {
    const [line, code] = around(section, query);
    const seen = code ? "?seen" : ""; // predict.js does not cover what stands here
    const link = make("a", { href: `${section.name}.html${seen}#${section.anchor}`, textContent: section.title });
    const page = section.title === section.pageTitle ? [] : [" ", make("span", { className: "of", textContent: section.pageTitle })];
    return make("li", {}, link, ...page, line);
  }));
  const count = found.length > MOST ? `The first ${MOST} of ${found.length} sections.` : `${found.length} sections.`;
  says.textContent = !query.phrase ? "Type a word, or some." : !found.length ? "No section has all these words."
    : found.length === 1 ? "One section." : count;
}

if (typeof Search !== "undefined") Search.performSearch = () => {}; // Sphinx's own
const title = make("h1", { textContent: "Search" });
results.replaceChildren(title, says, list);
field.value = new URLSearchParams(location.search).get("q") ?? "";
show(field.value);
field.addEventListener("input", () => show(field.value));
field.form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(field.value);
  try {
    history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
  } catch {
    // A browser may forbid it for pages from a disk. Then the address stays.
  }
});

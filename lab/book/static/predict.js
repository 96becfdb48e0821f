// A question of the text whose answer is folded up becomes a form: the reader writes a prediction, or asks for some to
// choose from, and then the answer unfolds. The terminals below answer, too, and some of the text: what came in them, and what book.py has put
// into a `.covered`, is covered until then, or until the reader asks for it. What was written stays in this browser, if it keeps anything. Without this script there is the folded answer.
"use strict";

const memory = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Some browsers keep nothing for pages from a disk. Then this page forgets.
    }
  },
};

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A small number for a text, the same each time.
function number(text) {
  let sum = 7;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0;
  return sum;
}

// A copy of what a paragraph says up to the end of its first sentence, or to the colon with which it begins to explain.
function firstSentence(paragraph) {
  const explains = paragraph.textContent.match(/:\s/g)?.length === 1; // with more of them it is a list
  const ends = explains ? /[.?!:](?=\s|$)/ : /[.?!](?=\s|$)/;
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  range.selectNodeContents(paragraph);
  for (let text; (text = walker.nextNode()); ) {
    if (text.parentElement.closest("code")) continue;
    const end = text.data.search(ends);
    if (end < 0) continue;
    range.setEnd(text, end);
    break;
  }
  return range.cloneContents();
}

// The answers that an answer talks about: its own, in its first paragraph, and the wrong ones, which are in quotes.
function choicesOf(answer) {
  const paragraphs = [...answer.querySelectorAll(":scope > p")];
  const wrong = paragraphs.filter((p) => p.firstElementChild?.matches("em") && /^["“]/.test(p.textContent));
  if (wrong.length === 0) return [];
  const choices = wrong.map((paragraph) => {
    const text = paragraph.firstElementChild.cloneNode(true);
    text.normalize();
    const shown = document.createDocumentFragment();
    shown.append(...text.childNodes);
    trim(shown);
    return { paragraph, shown, isAnswer: false };
  });
  choices.push({ paragraph: paragraphs[0], shown: firstSentence(paragraphs[0]), isAnswer: true });
  for (const choice of choices) {
    choice.key = number(choice.shown.textContent);
    choice.words = wordsOf(choice.shown.textContent);
  }
  return choices.sort((a, b) => a.key - b.key);
}

// What is the same whoever writes it.
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu)?.join(" ") ?? "";

// Without the quotes around it.
function trim(fragment) {
  const ends = [fragment.firstChild, fragment.lastChild];
  if (ends[0]?.nodeType === Node.TEXT_NODE) ends[0].data = ends[0].data.replace(/^["“]/, "");
  if (ends[1]?.nodeType === Node.TEXT_NODE) ends[1].data = ends[1].data.replace(/["”]$/, "");
}

const isQuestion = (one) => one.matches("details") && one.querySelector("summary")?.textContent === "Answer";

// What answers, too, between an answer and the next question, or the next heading. A section that is called so asks about the next one.
function coverableAfter(answer) {
  const found = [];
  const all = [...document.querySelectorAll("article :is(h1, h2, h3, h4, details, .console, .covered)")];
  let ends = all.findLast((one) => one.matches("h1, h2, h3, h4") && before(one, answer))?.firstChild.textContent === "Predict" ? 2 : 1;
  for (const one of all.slice(all.indexOf(answer) + 1)) {
    if (isQuestion(one) || (one.matches("h1, h2, h3, h4") && --ends === 0)) break;
    if (one.matches(".console, .covered") && !one.closest("details")) found.push(one);
  }
  return found;
}

const before = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

// What came stays where it is, and takes its room, so that nothing moves. What is said of it takes a little.
function cover(place) {
  const text = place.matches(".covered");
  for (const part of text ? [place] : place.querySelectorAll(".came")) {
    const veil = element("button", { type: "button", className: "veil",
      textContent: text ? "Covered until you have answered. Show it" : "Show what came" });
    veil.onclick = () => {
      uncover(place);
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    };
    part.prepend(veil);
  }
}

function uncover(place) {
  for (const veil of place.querySelectorAll(".veil")) veil.remove();
}

// The search has shown already what is in this section: see search.js. Without a section, all is shown.
function wasSeen(place) {
  if (!new URLSearchParams(location.search).has("seen")) return false;
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("section");
  return !section || section.contains(place);
}

function enhance(answer, index) {
  const page = location.pathname.split("/").pop();
  const key = `predict:${page}:${number(answer.textContent)}`;
  const choices = choicesOf(answer);
  const coverable = coverableAfter(answer);
  const form = element("form", { className: "predict" });
  answer.before(form);

  function ask(choosing = false) {
    const field = element("textarea", { id: `prediction-${index}`, rows: 1 });
    const label = element("label", { className: "title", htmlFor: field.id, textContent: "Your prediction" });
    const done = element("button", { className: "main", textContent: "Compare with the answer" });
    const choose = element("button", { type: "button", className: "choose", textContent: "Give me a choice" });
    const skip = element("button", { type: "button", className: "plain", textContent: "Unfold without an answer" });
    const hint = element("p", { className: "hint" });
    hint.setAttribute("role", "status");
    form.onsubmit = (event) => {
      event.preventDefault();
      const typed = field.value.trim();
      const same = choices.find(({ words }) => words && words === wordsOf(typed));
      if (typed) settle(same ? { chosen: same.key } : { typed });
      else {
        hint.textContent = "Write something first, or unfold without an answer.";
        field.focus();
      }
    };
    field.oninput = () => {
      hint.replaceChildren();
      if (CSS.supports("field-sizing", "content")) return;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    };
    field.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    };
    skip.onclick = () => settle({});
    form.replaceChildren(label, field, element("div", { className: "row" }, done, ...(choices.length && !choosing ? [choose] : []), skip), hint);
    const offer = () => {
      const list = element("div", { className: "choices" });
      for (const choice of choices) {
        const button = element("button", { type: "button" }, choice.shown.cloneNode(true));
        button.onclick = () => settle({ chosen: choice.key });
        list.append(button);
      }
      form.append(element("fieldset", {}, element("legend", { textContent: "Is it one of these?" }), list));
    };
    choose.onclick = () => {
      memory.set(key, { choosing: true });
      offer();
      choose.remove();
      form.querySelector(".choices button").focus();
    };
    if (choosing) offer();
    form.classList.add("asking");
    answer.open = false;
    for (const { paragraph } of choices) paragraph.classList.remove("chosen", "answer");
    for (const place of coverable) if (!wasSeen(place)) cover(place);
  }

  function settle(prediction, byReader = true) {
    memory.set(key, prediction);
    const choice = choices.find((one) => one.key === prediction.chosen);
    const was = element("p", { className: "was" });
    if (prediction.typed) was.append(element("strong", { textContent: "You wrote: " }), prediction.typed);
    else if (choice) was.append(element("strong", { textContent: "You chose: " }), choice.shown.cloneNode(true));
    const again = element("button", { type: "button", className: "plain", textContent: "Ask me again" });
    again.onclick = () => {
      memory.set(key, null);
      ask();
      form.querySelector("textarea").focus();
    };
    form.replaceChildren(was, element("div", { className: "row" }, again));
    form.classList.remove("asking");
    choice?.paragraph.classList.add("chosen");
    if (choice) choices.find((one) => one.isAnswer).paragraph.classList.add("answer");
    answer.open = true;
    coverable.forEach(uncover);
    if (byReader) answer.querySelector("summary").focus();
  }

  const remembered = memory.get(key);
  if (remembered && !remembered.choosing) settle(remembered, false);
  else ask(remembered?.choosing);
}

[...document.querySelectorAll("article details")].filter(isQuestion).forEach(enhance);

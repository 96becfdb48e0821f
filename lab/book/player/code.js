// Which line is at work? The functions that a recording is about, one line of them lit.
"use strict";
window.Player = window.Player || {};

/// A line of C++: only what is no code, comments and strings, looks another way.
Player.codeLine = (text) => {
  const { h } = Player;
  const parts = text.match(/\/\/.*|"(?:[^"\\]|\\.)*"|[^"/]+|./g) || [];
  return parts.map((part) => (part.startsWith("//") ? h("span.p-comment", part) : part.startsWith('"') ? h("span.p-string", part) : part));
};

Player.CodeView = class {
  constructor(code) {
    const { h } = Player;
    this.rows = new Map();
    const list = h("div.p-lines");
    let before = null;
    for (const [number, text] of code.lines) {
      if (before !== null && number !== before + 1) list.append(h("div.p-gap", "⋮"));
      before = number;
      // A line that is too long goes on below, further in than it began.
      const indent = /^ */.exec(text)[0].length + 4;
      const row = h("div.p-line", h("span.p-number", { "aria-hidden": "true" }, number), h("code", { style: `padding-left: ${indent}ch; text-indent: -${indent}ch` }, Player.codeLine(text)));
      this.rows.set(number, row);
      list.append(row);
    }
    this.box = h("div.p-code", { tabindex: "0", role: "region", "aria-label": `${code.file}: the lines that are at work` }, list);
    this.element = h("div.p-source", h("div.p-file", code.file, h("span.p-file-left", "last at work here")), this.box);
  }

  show(number) {
    this.lit?.classList.remove("p-lit");
    this.lit?.removeAttribute("aria-current");
    this.lit = this.rows.get(number);
    if (!this.lit) return;
    this.lit.classList.add("p-lit");
    this.lit.setAttribute("aria-current", "true");
    // Only the box scrolls, never the page.
    const { offsetTop, offsetHeight } = this.lit;
    const { scrollTop, clientHeight } = this.box;
    if (offsetTop < scrollTop + 12 || offsetTop + offsetHeight > scrollTop + clientHeight - 12)
      this.box.scrollTop = offsetTop - (clientHeight - offsetHeight) / 2;
  }
};

// How does an element come into being? In one call, with what is in it.
"use strict";
window.Player = window.Player || {};

/// h("p.words", {lang: "en"}, "text", h("b", …)): functions are listeners, and null is left out.
Player.h = (name, ...rest) => {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const part of rest.flat(3)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node || typeof part !== "object") {
      element.append(part);
    } else {
      for (const [key, value] of Object.entries(part)) {
        if (typeof value === "function") element.addEventListener(key, value);
        else if (key === "style") element.style.cssText = value;
        else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
      }
    }
  }
  return element;
};

/// A place in which something is: it lights up when that has changed.
Player.place = (title, changed, ...content) => {
  const { h } = Player;
  return h(changed ? "section.p-place.p-changed" : "section.p-place", h("h4", title), ...content);
};
/// One for which a row is enough, most of the time.
Player.row = (title, changed, ...content) => {
  const place = Player.place(title, changed, ...content);
  place.classList.add("p-inline");
  return place;
};

/// Somebody with a number and a colour: a client, or a task. There are ten colours, and 0 is none.
Player.colour = (number) => `p-c${number && ((number - 1) % 10) + 1}`;
Player.chip = (number, text) => Player.h(`span.p-chip.${Player.colour(number)}`, text);

Player.nothing = (text) => Player.h("p.p-nothing", text);

/// A chain of two links, for a link to what is there now.
Player.linkSign = () => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", "M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1.5 1.5M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1.5-1.5");
  svg.append(path);
  return svg;
};

/// A link to what is there now, with a sign or with words. Whoever presses it has the address, and sees it said.
Player.momentLink = (text) => {
  const { h } = Player;
  const said = h("span.p-said", { role: "status" });
  const link = h("a.p-link", text ? {} : { title: "Link to this moment", "aria-label": "Link to this moment" }, text ?? Player.linkSign());
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();  // the page stays where it is
    history.replaceState(null, "", link.href);
    let words = "in the address now";
    try {
      await navigator.clipboard.writeText(link.href);
      words = "copied";
    } catch { /* a browser need not allow it */ }
    said.textContent = words;
    setTimeout(() => (said.textContent = ""), 4000);
  });
  return { link, element: h("span.p-linked", link, said) };
};

/// For who hears the page, and does not see it.
Player.heard = (text) => Player.h("span.p-heard", text);

/// A button that cannot be pressed any more loses the focus, and the keys would go to nobody: `element` gets it instead.
Player.keepFocus = (element) => {
  if (element.contains(document.activeElement) && document.activeElement.disabled) element.focus({ preventScroll: true });
};

/// Sets an element's content.
Player.fill = (element, ...content) => element.replaceChildren(...content.flat(3).filter((one) => one !== null && one !== undefined && one !== false));

/// A run whose player is not wholly in the window begins at the window's top. On a phone what it shows may still be below: then
/// it comes up, above all what has changed, but not under what sticks to the top.
Player.bringIntoView = (run) => {
  const box = run.closest(".p-box");
  const { top, bottom } = box.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  box.scrollIntoView({ behavior: "instant" });
  const above = run.querySelector(".p-top"), style = getComputedStyle(above);
  const sticks = style.position === "sticky";
  const free = sticks ? parseFloat(style.top) + above.offsetHeight : 0;
  const far = (parts) => {
    const places = [...run.querySelectorAll(parts)].map((part) => part.getBoundingClientRect());
    return places.length ? Math.min(Math.max(...places.map((place) => place.bottom)) + 8 - innerHeight, Math.min(...places.map((place) => place.top)) - 8 - free) : 0;
  };
  scrollBy({ top: Math.max(0, far(".p-changed"), sticks ? far(".p-kernel") : 0), behavior: "instant" });
};

// What every page needs.
"use strict";

// Whoever uses the keyboard can scroll what is too wide, and hears what it is.
function makeReachable(area) {
  const wide = area.scrollWidth > area.clientWidth;
  if (wide && !area.hasAttribute("tabindex")) {
    area.tabIndex = 0;
    area.dataset.reachable = "";
    if (area.matches("pre, .table-wrapper")) area.setAttribute("role", "group");
    area.setAttribute("aria-label", nameOf(area));
  } else if (!wide && "reachable" in area.dataset) {
    for (const name of ["tabindex", "role", "aria-label", "data-reachable"]) area.removeAttribute(name);
  }
}

function nameOf(area) {
  if (area.matches(".table-wrapper")) return "Table";
  if (area.matches("figure")) return "Picture";
  return area.closest(".block")?.querySelector(".caption")?.textContent ?? "Text";
}

// On paper there is nothing to unfold.
function unfold() {
  for (const answer of document.querySelectorAll("details:not([open])")) {
    answer.open = true;
    addEventListener("afterprint", () => (answer.open = false), { once: true });
  }
}

// server.cpp.html?L142-L144#L142 lights all of these lines; without this script, the first.
function lightLines() {
  const [range, first, last] = /^\?L(\d+)-L(\d+)=?$/.exec(location.search) ?? [];
  const asked = range && location.hash === `#L${first}`;
  for (const line of document.querySelectorAll(".listing .line")) {
    const number = Number(line.id.slice(1));
    line.classList.toggle("in-range", Boolean(asked) && number >= first && number <= last);
  }
}

const sizes = new ResizeObserver((changes) => changes.forEach((change) => makeReachable(change.target)));
for (const area of document.querySelectorAll("article pre, .table-wrapper, figure, .listing pre")) sizes.observe(area);
addEventListener("beforeprint", unfold);
addEventListener("hashchange", lightLines);
lightLines();

// Contents that lie over the text go, once they have led somewhere.
document.querySelector(".toc-tree")?.addEventListener("click", ({ target }) => {
  if (target.closest("a")) document.getElementById("__toc").checked = false;
});

// A picture is as wide as the text. Alone it is as large as it was drawn.
for (const image of document.querySelectorAll("figure.picture img")) {
  const link = document.createElement("a");
  link.href = image.src;
  link.title = "The picture alone";
  link.className = image.className;  // there is one for each background
  image.replaceWith(link);
  link.append(image);
}

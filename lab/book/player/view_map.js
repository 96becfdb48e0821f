// Where have you been, and what else is there? All positions of a game as a map: to the right the task goes, down the reactor.
"use strict";
window.Player = window.Player || {};

/// What is drawn: who wants it in words has them beside it.
Player.MapView = class {
  static cell = 30;

  constructor(game) {
    this.game = game;
    this.places = this.layOut();
    this.dots = [];
    this.element = this.draw();
  }

  /// By how many steps of each thread a position can be reached, in the fewest. Those that have both in common stand close together.
  layOut() {
    const steps = new Map([[0, [0, 0]]]);
    for (const [number, [task, reactor]] of steps) {
      this.game.graph.positions[number].to.forEach((to, thread) => {
        if (to !== null && !steps.has(to[0])) steps.set(to[0], thread === 0 ? [task + 1, reactor] : [task, reactor + 1]);
      });
    }
    const taken = new Map();
    const { cell } = Player.MapView;
    return new Map([...steps].map(([number, [task, reactor]]) => {
      const key = `${task} ${reactor}`;
      const before = taken.get(key) || 0;
      taken.set(key, before + 1);
      const aside = [[0, 0], [9, 7], [-9, 7], [9, -7], [-9, -7]][before % 5];
      return [number, [(task + 1) * cell + aside[0], (reactor + 1) * cell + aside[1]]];
    }));
  }

  svg(tag, attributes, ...content) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  }

  draw() {
    const { cell } = Player.MapView;
    const width = Math.max(...[...this.places.values()].map(([x]) => x)) + cell;
    const height = Math.max(...[...this.places.values()].map(([, y]) => y)) + cell;
    const lines = [];
    for (const [number, [x1, y1]] of this.places) {
      this.game.graph.positions[number].to.forEach((to) => {
        if (to === null) return;
        const [x2, y2] = this.places.get(to[0]);
        lines.push(this.svg("line", { x1, y1, x2, y2, class: "p-way" }));
      });
    }
    this.path = this.svg("g", {});
    for (const [number, [cx, cy]] of this.places) this.dots[number] = this.svg("circle", { cx, cy, r: 3.5, class: "p-unseen" });
    return this.svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "p-map", "aria-hidden": "true", style: `max-width: ${width * 1.25}px` },
      this.svg("text", { x: 4, y: 11, class: "p-map-text" }, "the task goes →"),
      this.svg("text", { x: 11, y: cell, class: "p-map-text", transform: `rotate(90 6 ${cell - 4})` }, "the reactor goes →"),
      ...lines, this.path, ...this.dots);
  }

  show() {
    const { game } = this;
    this.dots.forEach((dot, number) => {
      const position = game.graph.positions[number];
      const seen = game.seen.has(number);
      const is = !seen ? "p-unseen" : game.isLost(position) ? "p-seen p-dot-lost" : position.next.every((next) => next === null) ? "p-seen p-dot-ended" : "p-seen";
      const here = game.path.at(-1).position === number;
      dot.setAttribute("class", here ? `${is} p-here` : is);
      dot.setAttribute("r", here ? 6 : 3.5);
    });
    const ways = game.path.slice(1).map((move, index) => {
      const [x1, y1] = this.places.get(game.path[index].position);
      const [x2, y2] = this.places.get(move.position);
      return this.svg("line", { x1, y1, x2, y2, class: `p-went p-went${move.thread}` });
    });
    this.path.replaceChildren(...ways);
  }
};

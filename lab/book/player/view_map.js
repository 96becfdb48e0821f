// Where have you been, and what else is there? All positions of a game as a map: to the right the task goes, down the reactor.
"use strict";
window.Player = window.Player || {};

/// What is drawn: who wants it in words has them beside it. A step never leads to the left, or up.
Player.MapView = class {
  static cell = 34;
  static lane = 8;

  constructor(game) {
    this.game = game;
    this.places = this.layOut();
    this.dots = [];
    this.element = this.draw();
  }

  /// By how many steps of each thread a position can be reached, at the most: so each step leads further. Those that have both
  /// in common stand beside each other, each beside its own neighbours.
  layOut() {
    const { positions } = this.game.graph;
    const steps = positions.map(() => [0, 0]);
    const from = positions.map(() => []);
    positions.forEach(({ to }, number) => to.forEach((there, thread) => there && from[there[0]].push([number, thread])));
    const left = from.map((ways) => ways.length);
    const order = [0];
    for (const number of order) {
      from[number].forEach(([before, thread]) =>
        steps[before].forEach((count, which) => (steps[number][which] = Math.max(steps[number][which], count + (which === thread)))));
      for (const there of positions[number].to) if (there && --left[there[0]] === 0) order.push(there[0]);
    }
    const taken = new Set(), lanes = [];
    const { cell, lane } = Player.MapView;
    return new Map(order.map((number) => {
      const [task, reactor] = steps[number];
      const isFree = (one) => !taken.has(`${task} ${reactor} ${one}`);
      lanes[number] = [...from[number].map(([before]) => lanes[before]), 0, 1, 2, 3].find(isFree) ?? 0;
      taken.add(`${task} ${reactor} ${lanes[number]}`);
      return [number, [(task + 0.5) * cell + lanes[number] * lane, (reactor + 0.5) * cell + lanes[number] * lane]];
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
    const width = Math.max(...[...this.places.values()].map(([x]) => x)) + cell / 2;
    const height = Math.max(...[...this.places.values()].map(([, y]) => y)) + cell / 2;
    const lines = [];
    for (const [number, [x1, y1]] of this.places) {
      this.game.graph.positions[number].to.forEach((to) => {
        if (to === null) return;
        const [x2, y2] = this.places.get(to[0]);
        lines.push(this.svg("line", { x1, y1, x2, y2, class: "p-way" }));
      });
    }
    this.path = this.svg("g", {});
    for (const [number, [cx, cy]] of this.places) this.dots[number] = this.svg("circle", { cx, cy, r: 4, class: "p-unseen" });
    return this.svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "p-map", "aria-hidden": "true", style: `max-width: ${width * 1.25}px` },
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
      dot.setAttribute("r", here ? 7 : 4);
    });
    const ways = game.path.slice(1).map((move, index) => {
      const [x1, y1] = this.places.get(game.path[index].position);
      const [x2, y2] = this.places.get(move.position);
      return this.svg("line", { x1, y1, x2, y2, class: `p-went p-went${move.thread}` });
    });
    this.path.replaceChildren(...ways);
  }
};

// What does a recording say of each moment? The model, without pictures and buttons.
//
// A recording is the JSON that lab/book/record/record.py writes, and says what is in it. Nothing is worked out here that a
// recording could say: what is there at a step is what it and the steps before it have set. (Of tasks a step sets those that
// have changed.) Some steps have a name, the recording's `moments`, by which they can be found.
"use strict";
window.Player = window.Player || {};

/// A run: steps from 0 to `last`, some of which have a name.
Player.Run = class {
  constructor(data) {
    this.data = data;
    this.steps = [];
    let state = {};
    for (const step of data.steps) {
      const tasks = new Map([...(state.tasks ?? []), ...(step.set.tasks ?? [])].map((task) => [task.n, task]));
      state = { ...state, ...step.set, tasks: [...tasks.values()] };
      this.steps.push({ step, state, changed: new Set(Object.keys(step.set)), line: data.code.at[step.at] });
    }
    this.last = data.steps.length - 1;
  }

  at(index) {
    return this.steps[index];
  }

  /// The next step of a kind that has not been there before, or -1: whoever does that, in that line, with such a result; or
  /// something is said that has not been said before, of whatever numbers.
  nextNew(index) {
    if (!this.isNew) {
      const kinds = new Set(), said = [];
      const isSaid = (sentence) => said.some((before) => before.includes(sentence)) || !said.push(sentence);
      this.isNew = this.steps.map(({ step }) => {
        const kind = [step.who, step.at, step.call.split("(")[0], step.is].join().replace(/\d+/g, "N");
        const says = step.says.toLowerCase().replace(/\d[\d,]*(?:(?:, | to | and )\d+)*/g, "N").split(/[.?] */);
        const isKnown = says.map(isSaid).every(Boolean);
        return !(kinds.has(kind) && isKnown) && Boolean(kinds.add(kind));
      });
    }
    return this.isNew.indexOf(true, index + 1);
  }

  /// The last of the named moments that is not after this step, or -1: its number.
  momentAt(index) {
    return this.data.moments.findLastIndex(([step]) => step <= index);
  }

  /// What is there to be seen, in words.
  words(index) {
    const { step } = this.at(index);
    const often = step.times ? ` That happens ${step.times.toLocaleString("en")} times.` : "";
    return `${step.says}${often}`;
  }

  /// Clients as the run has them at that time: "waits", "in its second" or "done", or nothing yet.
  bars(index) {
    const now = this.data.steps[index].until ?? this.data.steps[index].t;
    return this.data.bars.map(([came, begins, ends]) => ({
      came: Math.min(came, now), begins: Math.min(begins, now), ends: Math.min(ends, now),
      is: now < came ? "" : now < begins ? "waits" : now < ends ? "in its second" : "done",
    }));
  }
};

/// A game on positions that the explorer has found: who goes is the reader's choice.
Player.Game = class {
  constructor(graph) {
    this.graph = graph;
    this.lost = graph.positions.filter((position) => this.isLost(position)).length;
    this.begin();
    this.seen = new Set([0]);
  }

  begin() {
    this.path = [{ position: 0 }];
  }
  get now() {
    return this.graph.positions[this.path.at(-1).position];
  }
  /// Who went, from the beginning: "0010".
  get schedule() {
    return this.path.slice(1).map((move) => move.thread).join("");
  }
  can(thread) {
    return this.now.to[thread] !== null;
  }
  nextOf(thread) {
    const next = this.now.next[thread];
    return next === null ? null : this.graph.steps[next];
  }
  go(thread) {
    const [position, saw] = this.now.to[thread];
    this.path.push({ thread, step: this.nextOf(thread), saw, position });
    this.seen.add(position);
  }
  undo() {
    if (this.path.length > 1) this.path.pop();
  }
  /// Goes as the schedule says, for as long as it can be done.
  play(schedule) {
    this.begin();
    for (const thread of [...schedule].map(Number)) {
      if (!(thread in this.now.to) || !this.can(thread)) return;
      this.go(thread);
    }
  }

  isLost(position) {
    return position.to.every((to) => to === null) && position.next.some((next) => next !== null);
  }
  get over() {
    if (this.isLost(this.now)) return "lost";
    return this.now.next.every((next) => next === null) ? "ended" : "";
  }

  /// The shortest schedule after which nobody can go on, or null: breadth first, over all positions.
  shortest() {
    const found = new Map([[0, ""]]);
    for (const [number, schedule] of found) {
      const position = this.graph.positions[number];
      if (this.isLost(position)) return schedule;
      position.to.forEach((to, thread) => {
        if (to !== null && !found.has(to[0])) found.set(to[0], schedule + thread);
      });
    }
    return null;
  }
};

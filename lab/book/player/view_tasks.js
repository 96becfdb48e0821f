// Where is each task? The picture for the recording of chapter 07: tasks go from place to place.
"use strict";
window.Player = window.Player || {};

Player.TasksView = class {
  constructor(run) {
    this.run = run;
    this.element = Player.h("div.p-kernel");
  }

  show(index) {
    const { place, h, nothing } = Player;
    const { state, changed } = this.run.at(index);
    const here = (title, tasks, empty) =>
      place(title, tasks.some((task) => this.moved(task, index)), tasks.length ? h("p.p-row", tasks.map((task) => this.chip(task))) : nothing(empty));
    const where = (test) => state.tasks.filter(test);
    const waits = (what) => where((task) => task.waits === what);
    Player.fill(this.element,
      place("the thread", changed.has("driver"), h("ul.p-threads", h("li",
        h(state.driver === "asleep" ? "span.p-dot.p-asleep" : "span.p-dot.p-awake", { "aria-hidden": "true" }),
        state.driver === "asleep" ? h("span", "asleep, in the driver's ", h("code", "epoll_wait")) : this.atWork(where((task) => task.state === "is polled"))))),
      here("the queue", state.queue.map((number) => state.tasks.find((task) => task.n === number)), "empty"),
      here("is polled", where((task) => task.state === "is polled"), "nobody"),
      h("h4.p-over", "suspended; each one's waker is with"),
      h("div.p-two",
        here("the listener's readiness", waits("the listener"), "nobody"),
        here("the last connection's end", waits("the last connection's end"), "nobody")),
      h("div.p-two",
        here("a timer", waits("a timer"), "nobody"),
        here("its socket's readiness, and a timer", waits("its client's goodbye"), "nobody")),
      here("have ended", where((task) => task.state === "ended"), "nobody"));
  }

  atWork(polled) {
    return polled.length ? `awake: polls task ${polled[0].n}` : "awake";
  }

  /// True if this step has brought it where it is.
  moved(task, index) {
    if (index === 0) return true;
    const before = this.run.at(index - 1).state.tasks.find((one) => one.n === task.n);
    return !before || before.state !== task.state || before.waits !== task.waits;
  }

  chip(task) {
    // A connection's task has the colour of its client, which its bar has as well.
    const client = Number(/^connection (\d+)$/.exec(task.name)?.[1] ?? 5);
    return Player.h("span.p-task", Player.chip(client, `task ${task.n}`), Player.h("small", `${task.name}, line ${this.run.data.code.at[task.at]}`));
  }
};

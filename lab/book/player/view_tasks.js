// Where is each task? The picture for the recording of chapter 07: tasks go from place to place.
"use strict";
window.Player = window.Player || {};

Player.TasksView = class {
  constructor(run) {
    this.run = run;
    this.element = Player.h("div.p-kernel");
  }

  show(index) {
    const { row, h, nothing } = Player;
    const { state, changed } = this.run.at(index);
    const here = (title, tasks) =>
      row(title, tasks.some((task) => this.moved(task, index)), tasks.length ? this.atTheirLines(tasks) : nothing("nobody"));
    const where = (test) => state.tasks.filter(test);
    const waits = (what) => where((task) => task.waits === what);
    Player.fill(this.element,
      row("the thread", changed.has("driver"), h("p.p-threads",
        h(state.driver === "asleep" ? "span.p-dot.p-asleep" : "span.p-dot.p-awake", { "aria-hidden": "true" }),
        state.driver === "asleep" ? h("span", "asleep, in the driver's ", h("code", "epoll_wait")) : this.atWork(where((task) => task.state === "is polled")))),
      here("the queue", state.queue.map((number) => state.tasks.find((task) => task.n === number))),
      here("is polled", where((task) => task.state === "is polled")),
      h("h4.p-over", "suspended; each one's waker is with"),
      here("the listener's readiness", waits("the listener")),
      here("a connection's end", waits("a connection's end")),
      here("a timer", waits("a timer")),
      here("its socket's readiness, and a timer", waits("its client's goodbye")),
      here("have ended", where((task) => task.state === "ended")));
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

  /// Those that stand at the same line have it once.
  atTheirLines(tasks) {
    const lines = new Map();
    for (const task of tasks) lines.set(task.at, [...(lines.get(task.at) ?? []), task]);
    return [...lines].map(([at, there]) => [
      there[0].state === "ended" ? null : Player.h("small.p-at", `line ${this.run.data.code.at[at]}`), there.map((task) => this.chip(task))]);
  }

  chip(task) {
    const { h, chip, heard } = Player;
    // A connection's task has the colour of its client, which its bar has as well.
    const client = Number(/^connection (\d+)$/.exec(task.name)?.[1] ?? 0);
    const name = client ? heard(`, ${task.name}`) : ` (${task.name})`;
    return h("span.p-task", { title: task.name }, chip(client, [`task ${task.n}`, name]));
  }
};

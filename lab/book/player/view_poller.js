// What is in the kernel, and what do the threads keep between them? The picture for the recordings of programs with a poller.
"use strict";
window.Player = window.Player || {};

Player.PollerView = class extends Player.CallsView {
  whose = "program";

  constructor(run) {
    super(run);
    this.shares = run.steps.some(({ state }) => state.queued.length);
  }

  show(index) {
    const { state, changed } = this.run.at(index);
    const before = index > 0 ? this.run.at(index - 1).state : {};
    Player.fill(this.element, this.threads(state, changed), this.shares ? this.shared(state, changed) : null, this.lies(state, before), this.epoll(state, before));
  }

  nameOf(fd) {
    return this.run.data.names[fd];
  }

  /// What is not the kernel's: a note, and a queue.
  shared({ note, queued }, changed) {
    const { place, h, chip, nothing } = Player;
    return place("in the program, under a lock", changed.has("note") || changed.has("queued"),
      h("ul.p-counts", h("li", "the note: ", h("b", `“${note}”`)), h("li", "the queue: ", queued.length ? queued.map((token) => chip(token, `token ${token}`)) : h("span.p-nothing", "empty"))));
  }

  /// How much lies in each descriptor.
  lies(state, before) {
    const { place, h } = Player;
    const count = (fd, much) => {
      const what = { "the bell": ["the number"], datagrams: ["datagram", "datagrams"] }[this.nameOf(fd)] ?? ["byte", "bytes"];
      return what.length === 1 ? [`${what[0]} `, h("b", much)] : [h("b", much), ` ${what[much === 1 ? 0 : 1]}`];
    };
    return place("what lies in each descriptor", JSON.stringify(state.lies) !== JSON.stringify(before.lies),
      state.lies.length ? h("ul.p-counts", state.lies.map(([fd, much]) => h("li", h("b", fd), ` ${this.nameOf(fd)}: `, count(fd, much)))) : Player.nothing("none yet"));
  }

  /// With its token; and a oneshot that has had its event says so.
  entry(fd, events, state) {
    const { h } = Player;
    const off = events === "EPOLLONESHOT";
    const entry = super.entry(fd, events, state);
    const token = this.run.data.tokens[fd];
    if (events !== undefined) entry.append(h("span.p-at", token.length > 9 ? "token: all bits set" : `token ${token}`));
    if (off) entry.append(h("span.p-pill", "off"));
    return entry;
  }
};

/// What has the program said so far? Its lines, each in its place from the beginning.
Player.PrintedView = class {
  constructor(run) {
    const { h } = Player;
    this.run = run;
    this.lines = run.steps.at(-1).state.printed.map((line) => h("code", line));
    this.element = h("div.p-bars", this.lines.length ? h("section.p-printed", h("h4", "what the program says"), this.lines) : null);
  }

  show(index) {
    const { length } = this.run.at(index).state.printed;
    this.lines.forEach((line, number) => (line.style.visibility = number < length ? "" : "hidden"));
  }
};

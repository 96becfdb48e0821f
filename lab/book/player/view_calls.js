// What is in the kernel? The picture for the recordings of chapters 01 to 06, whose steps are system calls.
"use strict";
window.Player = window.Player || {};

Player.CallsView = class {
  whose = "server";

  constructor(run) {
    this.run = run;
    // A place is there from the beginning if it is there at all, or the others would move.
    const states = run.steps.map(({ state }) => state);
    this.threaded = states.some((state) => state.threads.length > 1);
    this.polls = states.some((state) => state.poll);
    this.echoes = Boolean(run.data.bytes);
    this.element = Player.h("div.p-kernel");
  }

  show(index) {
    const { state, changed } = this.run.at(index);
    const before = index > 0 ? this.run.at(index - 1).state : {};
    Player.fill(this.element,
      this.threads(state, changed), this.queue(state, changed), this.poll(state, changed), this.epoll(state, before),
      this.echoes ? [this.counts(state, before, "unread", "arrived, and not read yet"), this.counts(state, before, "bytes", "written, and not read yet by the client")] : this.sockets(state, changed));
  }

  nameOf(fd, state) {
    const socket = state.sockets.find((one) => one.fd === fd);
    if (socket) return `client ${socket.client}`;
    return this.run.data.names[fd] || "";
  }

  threads(state, changed) {
    const { h, place, row } = Player;
    const rows = state.threads.map(([name, does]) =>
      h("li", h(does ? "span.p-dot.p-asleep" : "span.p-dot.p-awake", { "aria-hidden": "true" }),
        this.threaded ? `${name === "main" ? "main thread" : name}: ` : null, does ? h("span", "asleep in ", h("code", does)) : "awake"));
    return this.threaded
      ? place(`the ${this.whose}'s threads`, changed.has("threads"), h("ul.p-threads", rows))
      : row(`the ${this.whose}'s thread`, changed.has("threads"), h("ul.p-threads", rows));
  }

  queue(state, changed) {
    const { row, h, chip, nothing } = Player;
    return row("waiting to be accepted", changed.has("queue"),
      state.queue.length ? h("p.p-row", state.queue.map((client) => chip(client, `client ${client}`))) : nothing("nobody"));
  }

  sockets(state, changed) {
    const { place, h, chip, nothing } = Player;
    const rows = state.sockets.map((socket) =>
      h("li", chip(socket.client, socket.closed ? `client ${socket.client}` : `${socket.fd}: client ${socket.client}`),
        h("code.p-bytes", socket.bytes.replaceAll("\n", "⏎") || " "), socket.closed ? h("span.p-note", "closed") : null));
    return place("written, and not read yet", changed.has("sockets"), rows.length ? h("ul.p-sockets.p-columns", rows) : nothing("no connections"));
  }

  /// How many bytes lie there, in each socket.
  counts(state, before, key, title) {
    const { place, h, chip, nothing } = Player;
    const of = (state) => state.sockets?.map((socket) => socket[key]).join();
    return place(title, of(state) !== of(before), state.sockets.length
      ? h("ul.p-counts", state.sockets.map((socket) => h("li", chip(socket.client, `${socket.fd}: client ${socket.client}`), " ", h("b", socket[key].toLocaleString("en")), " bytes")))
      : nothing("no connections"));
  }

  entry(fd, events, state) {
    const { h } = Player;
    const socket = state.sockets?.find((one) => one.fd === fd);
    const colour = Player.colour(socket?.client ?? 0);
    return h(`li.p-entry.${colour}`, h("b", fd), h("span", this.nameOf(fd, state)), events === undefined ? null : h("code", (events === "0" ? "nothing" : events).replaceAll("EPOLL", "").replaceAll("POLL", "").replaceAll("|", " | ")));
  }

  poll(state, changed) {
    if (!this.polls) return null;
    const { place, h, nothing } = Player;
    const { list: entries, copied } = state.poll ?? { list: [], copied: 0 };
    const list = entries.map(([fd, events]) => this.entry(fd, events, state));
    return place("poll's list, while poll is there", changed.has("poll"),
      list.length ? h("ul.p-entries.p-columns", list) : nothing("The kernel has none: it keeps nothing from one poll to the next."),
      h("p.p-note", `brought along so far: ${copied} entries`));
  }

  epoll(state, before) {
    if (!state.epoll) return null;
    const { place, h, nothing } = Player;
    const { interest, ready } = state.epoll;
    // Each of the two lights up for itself.
    const differs = (list) => JSON.stringify(state.epoll[list]) !== JSON.stringify(before.epoll?.[list]);
    return h("div.p-two",
      place("epoll: of interest", differs("interest"),
        interest.length ? h("ul.p-entries", interest.map(([fd, events]) => this.entry(fd, events, state))) : nothing("empty")),
      place("epoll: ready", differs("ready"),
        ready.length ? h("ul.p-entries", ready.map((fd) => this.entry(fd, undefined, state))) : nothing("empty")));
  }
};

// Can you lose the wake-up? Two threads, and who goes is the reader's choice.
"use strict";
window.Player = window.Player || {};

/// Which orders have lost it, the browser remembers: game -> "0010". Without a memory all is as it was at first.
Player.lostOrders = {
  key: "lost wake-ups",
  all() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) || {};
    } catch {
      return {};
    }
  },
  of(game) {
    const order = this.all()[game];
    return /^[01]+$/.test(order) ? order : null;
  },
  add(game, order) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...this.all(), [game]: order }));
    } catch {
      // then not
    }
  },
};

Player.GameView = class {
  constructor(data, name) {
    const { h } = Player;
    this.games = data.games.map(({ title, about, graph }) => ({ title, about, game: new Player.Game(graph) }));
    for (const one of this.games) {
      one.map = new Player.MapView(one.game);
      one.lost = Player.lostOrders.of(`${name}: ${one.title}`);
      // The same with the line left out, where it can be lost.
      one.without = one.game.lost === 0 ? this.games.find((other) => other.game.lost > 0 && other.game.graph.game === one.game.graph.game) : null;
    }
    this.name = name;
    this.choices = this.games.map(({ title }, index) =>
      h("label.p-choice", h("input", { type: "radio", name: `${name}-game`, value: index, change: () => this.choose(index) }), h("span", title)));
    this.says = h("div.p-says", { "aria-live": "polite", role: "status" });
    this.threads = [0, 1].map((thread) => {
      const button = h("button.p-go", { type: "button", click: () => this.go(thread) });
      return { button, next: h("div.p-next"), element: null };
    });
    for (const thread of this.threads) thread.element = h("section.p-thread", thread.button, thread.next);
    this.about = h("div.p-about");
    this.shared = h("div.p-shared");
    this.map = h("div");
    this.history = h("ol.p-history", { tabindex: "0", "aria-label": "the steps so far" });
    const button = (text, does) => h("button", { type: "button", click: does }, text);
    this.undo = button("Undo", () => this.act((game) => game.undo()));
    this.again = button("From the beginning", () => this.act((game) => game.begin()));
    this.show = button("", () => (this.timer ? this.act(() => {}) : this.showOne()));
    this.link = Player.momentLink("Link to this position");
    const { threads } = this.games[0].game.graph;
    this.element = h("div.p-game", { tabindex: "-1", role: "group", "aria-label": data.title },
      h("fieldset.p-choices", h("legend", "What is in the code?"), this.choices),
      this.about, this.says, this.shared, h("div.p-board", h("div.p-both", this.threads.map((one) => one.element)),
        h("div.p-controls", this.undo, this.again, this.show, this.link.element),
        h("p.p-keys", "Keys: ", threads.map((thread, number) => [h("kbd", number + 1), ` the ${thread} goes, `]), h("kbd", "←"), " undo, ", h("kbd", "Home"), " from the beginning"),
        h("div.p-past", h("h4", "So far"), this.history),
        h("div.p-all-positions", h("h4", "All positions; filled are those that you have seen"), h("p.p-note", `To the right the ${threads[0]} goes, down the ${threads[1]}.`), this.map)));
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.showLast()).observe(this.history);
    this.choose(0);
  }

  get game() {
    return this.games[this.chosen].game;
  }

  choose(index) {
    this.stop();
    this.chosen = index;
    this.choices[index].firstChild.checked = true;
    this.draw();
  }

  go(thread) {
    if (!this.game.over && this.game.can(thread)) this.act((game) => game.go(thread));
  }

  act(change) {
    this.stop();
    change(this.game);
    this.draw();
  }

  /// Among the choices, too: they have the keys up and down.
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const does = { 1: () => this.go(0), 2: () => this.go(1), ArrowLeft: () => this.undo.click(), Home: () => this.again.click() }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  /// What is shown step for step: the order that has lost it, or the shortest that does. Where nothing can be lost, the one
  /// that loses it without the line.
  get order() {
    const { lost, without, game } = this.games[this.chosen];
    return without ? without.lost ?? without.game.shortest() : lost ?? game.shortest();
  }

  showOne() {
    const order = this.order;
    this.stop();
    this.game.begin();
    let index = 0;
    const next = (stays) => {
      this.timer = setTimeout(() => {
        this.game.go(Number(order[index++]));
        if (index === order.length || !this.game.can(Number(order[index]))) this.stop();
        else next(1000 + 25 * this.words().textContent.length);
        this.draw();
      }, stays);
    };
    this.says.setAttribute("aria-live", "off");  // or it would speak without end
    next(600);
    this.draw();
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.says.setAttribute("aria-live", "polite");
  }

  /// "2001": the game's number, and then who goes.
  open(moment) {
    const index = Number(moment[0]);
    if (!(index in this.games)) return;
    this.games[index].game.play(moment.slice(1));
    this.choose(index);
  }

  draw() {
    const { h, fill } = Player;
    const { game } = this;
    const names = game.graph.threads;
    const chosen = this.games[this.chosen];
    const { about, map, title, without } = chosen;
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    if (game.over === "lost") {
      chosen.lost = game.schedule;
      Player.lostOrders.add(`${this.name}: ${title}`, game.schedule);
    }
    fill(this.about, h("p", game.graph.begins),
      h("p", about.left_out ? "Left out of " : "In ", h("code", about.function), `${about.left_out ? " is" : " there is"} ${game.graph.good_for}. `, this.line(about)));
    fill(this.says, this.words(), this.more());
    fill(this.map, map.element);
    map.show();
    this.element.dataset.over = game.over;
    this.threads.forEach((one, thread) => this.drawThread(one, thread, game, names[thread]));
    const before = game.path.length > 1 ? game.graph.positions[game.path.at(-2).position].shared : null;
    fill(this.shared, game.graph.shared.map((member, index) => {
      const text = game.now.shared[index];
      return Player.place(member.is, before && before[index] !== text, h("p", h("code", member.name), " ", h("span", text)));
    }));
    fill(this.history, game.path.slice(1).map((move, index) =>
      h(`li.p-by${move.thread}`, h("span", this.sentence(index + 1)), h("small", h("code", move.step.function), move.saw ? ` ${move.saw}` : null))));
    this.showLast();
    this.undo.disabled = this.again.disabled = game.path.length === 1;
    this.show.textContent = this.timer ? "Stop" : without ? `Play the order that lost it ${without.title.toLowerCase()}` : chosen.lost ? "Show it again" : "Show me one";
    this.link.link.href = `#${this.name}:t=${this.chosen}${game.schedule}`;
    // A button that has gone out gives the focus to the next one that can be pressed.
    const next = [...this.threads.map(({ button }) => button), this.again].find((button) => !button.disabled);
    if (focused?.disabled && next) next.focus({ preventScroll: true });
    Player.keepFocus(this.element);
  }

  showLast() {
    this.history.scrollTop = this.history.scrollHeight;
  }

  /// The line, in what it cannot be without.
  line({ line, around, left_out }) {
    const { h } = Player;
    const [before, after] = around ?? ["", ""];
    return h("code", before, left_out ? h("del", line) : around ? h("b", line) : line, after);
  }

  /// What the step with that number, from 1 on, meant, and what came of it.
  sentence(number) {
    const { path, graph } = this.game;
    const { thread, step } = path[number];
    return `${step.means}: ${graph.positions[path[number - 1].position].to[thread][2]}.`;
  }

  /// What is there, and who is asked for what.
  words() {
    const { h } = Player;
    const { game } = this;
    const { without } = this.games[this.chosen];
    const steps = game.path.length - 1;
    if (game.over === "lost")
      return h("p.p-lost", h("b", "Nobody can go on. "), `A byte is in the socket, and the task sleeps. Whoever should have woken it has already been there. It took ${steps} steps.`);
    if (game.over === "ended") return h("p.p-won", h("b", "Both have ended. "), "The task has had all its bytes.", this.replayed() ?? " In this order nothing was lost.");
    if (this.timer) return h("p", steps ? this.sentence(steps) : "Look who goes.");
    const ask = h("b", steps ? " Who goes now?" : " Who goes first?");
    if (!steps) return h("p", "Two threads run the runtime's own code.", ask, without ? null : " Try to get to where nobody can go on.");
    return h("p", this.sentence(steps), this.replayed(), ask);
  }

  /// Where nothing can be lost, and the order that loses it without the line has been gone: for as far as there are such steps.
  replayed() {
    const { game } = this;
    const { without } = this.games[this.chosen];
    const { order } = this;
    if (!without || !order.startsWith(game.schedule)) return null;
    const next = order[game.schedule.length];
    const lost = ` ${without.title}, this same order lost the wake-up.`;
    if (next === undefined) return `${lost} Here somebody can still go on.`;
    return game.nextOf(Number(next)) === null ? `${lost} Here the ${game.graph.threads[next]} has ended before it came to that.` : null;
  }

  /// How much has been seen, and found.
  more() {
    const { h } = Player;
    const { game } = this;
    const { lost, without } = this.games[this.chosen];
    const seen = `You have seen ${game.seen.size} of the ${game.graph.positions.length} positions that the explorer has found. `;
    const there = without ? "From every one of them somebody can go on until both have ended. Try to lose it: you will not get there."
      : lost ? `You have found the one from which nobody can go on, in ${lost.length} steps.` : "From one of them nobody can go on. Find it.";
    return h("p.p-note", seen, there);
  }

  drawThread(one, thread, game, name) {
    const { h, fill } = Player;
    const next = game.nextOf(thread);
    const can = game.can(thread) && !game.over;
    one.element.className = `p-thread p-by${thread}`;
    fill(one.button, h("b", `The ${name} goes`), h("span.p-means", next === null ? "It has ended." : `${next.means}.`));
    one.button.disabled = !can || Boolean(this.timer);
    one.next.hidden = next === null;
    if (next === null) return;
    fill(one.next, h("p.p-where", next.function, " in ", next.file.split("/").at(-1)), h("code.p-step", this.statement(next)));
  }

  /// All of it, and what is left out is struck through.
  statement({ statement }) {
    const { line, left_out } = this.games[this.chosen].about;
    const shorter = (text) => text.replace(/\n +/g, "\n    ");  // it is narrow here
    const [before, after] = statement.split(line);
    if (!left_out || after === undefined) return Player.codeLine(shorter(statement));
    return [Player.codeLine(before), Player.h("del", line), Player.codeLine(shorter(after))];
  }
};

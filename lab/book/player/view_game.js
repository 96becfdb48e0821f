// Can you lose the wake-up? Two threads, and who goes is the reader's choice.
"use strict";
window.Player = window.Player || {};

Player.GameView = class {
  constructor(data, name) {
    const { h } = Player;
    this.games = data.games.map(({ title, about, graph }) => ({ title, about, game: new Player.Game(graph) }));
    for (const one of this.games) one.map = new Player.MapView(one.game);
    this.name = name;
    this.choices = this.games.map(({ title }, index) =>
      h("label.p-choice", h("input", { type: "radio", name: `${name}-game`, value: index, change: () => this.choose(index) }), h("span", title)));
    this.says = h("div.p-says", { "aria-live": "polite", role: "status" });
    this.threads = [0, 1].map((thread) => {
      const button = h("button.p-go", { type: "button", click: () => this.go(thread) });
      return { button, next: h("div.p-next"), element: null };
    });
    for (const thread of this.threads) thread.element = h("section.p-thread", thread.button, thread.next);
    this.about = h("p.p-about");
    this.shared = h("div.p-shared");
    this.map = h("div");
    this.history = h("ol.p-history", { tabindex: "0", "aria-label": "the steps so far" });
    const button = (text, does) => h("button", { type: "button", click: does }, text);
    this.undo = button("Undo", () => this.act((game) => game.undo()));
    this.again = button("From the beginning", () => this.act((game) => game.begin()));
    this.show = button("Show me one", () => this.showOne());
    this.link = Player.momentLink("Link to this position");
    this.element = h("div.p-game", { tabindex: "-1", role: "group", "aria-label": data.title },
      h("fieldset.p-choices", h("legend", "What is in the code?"), this.choices),
      this.about, this.says, h("div.p-both", this.threads.map((one) => one.element)), this.shared,
      h("div.p-controls", this.undo, this.again, this.show, this.link.element),
      h("div.p-past", h("div", h("h4", "So far"), this.history), h("div", h("h4", "All positions; filled are those that you have seen"), this.map)));
    this.element.addEventListener("keydown", (event) => this.key(event));
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

  key(event) {
    if (event.target.type === "radio" || event.altKey || event.ctrlKey || event.metaKey) return;
    const does = { 1: () => this.go(0), 2: () => this.go(1), ArrowLeft: () => this.undo.click(), Home: () => this.again.click() }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  /// The shortest way to lose, step for step.
  showOne() {
    const schedule = this.game.shortest();
    if (schedule === null) return;
    this.stop();
    this.game.begin();
    this.draw();
    let index = 0;
    const step = () => {
      this.game.go(Number(schedule[index++]));
      this.draw();
      if (index < schedule.length) this.timer = setTimeout(step, 1000);
      else this.stop();
    };
    this.timer = setTimeout(step, 600);
    this.draw();
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = null;
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
    const { about, map } = this.games[this.chosen];
    fill(this.about, about.left_out ? "Left out of " : "It is there, in ", h("code", about.function), ": ", h("code", about.line));
    fill(this.says, this.words(game, names));
    fill(this.map, map.element);
    map.show();
    this.element.dataset.over = game.over;
    this.threads.forEach((one, thread) => this.drawThread(one, thread, game, names[thread]));
    const before = game.path.length > 1 ? game.graph.positions[game.path.at(-2).position].shared : null;
    fill(this.shared, game.graph.shared.map((member, index) => {
      const text = game.now.shared[index];
      return Player.place(member.is, before && before[index] !== text, h("p", h("code", member.name), ` ${text}`));
    }));
    fill(this.history, game.path.slice(1).map((move) =>
      h(`li.p-by${move.thread}`, h("b", names[move.thread]), " ", h("span.p-where", move.step.function), h("code", move.step.line), move.saw ? h("small", move.saw) : null)));
    this.history.scrollTop = this.history.scrollHeight;
    this.undo.disabled = this.again.disabled = game.path.length === 1;
    this.show.hidden = game.lost === 0;
    this.link.link.href = `#${this.name}:t=${this.chosen}${game.schedule}`;
    Player.keepFocus(this.element);
  }

  words(game, names) {
    const { h } = Player;
    const seen = `You have seen ${game.seen.size} of the ${game.graph.positions.length} positions that the explorer has found. `;
    const there = game.lost === 0 ? "From every one of them somebody can go on until both have ended: here nothing can be lost."
      : "From one of them nobody can go on. Find it.";
    if (game.over === "lost")
      return [h("p.p-lost", h("b", "Nobody can go on. "), "A byte is in the socket, and the task sleeps. Whoever should have woken it has already been there."), h("p", `It took ${game.path.length - 1} steps.`)];
    if (game.over === "ended") return [h("p.p-won", h("b", "Both have ended. "), "The task has had all its bytes. In this order nothing was lost."), h("p", seen, there)];
    const last = game.path.length > 1 ? game.path.at(-1) : null;
    return [h("p", last ? [`The ${names[last.thread]} has taken a step in ${last.step.function}`, last.saw ? `: ${last.saw}. ` : ". ", "Who goes now?"] : "Two threads run the runtime's own code. Who goes first? Try to get to where nobody can go on."), h("p", seen, there)];
  }

  drawThread(one, thread, game, name) {
    const { h, fill } = Player;
    const next = game.nextOf(thread);
    const can = game.can(thread) && !game.over;
    one.element.className = `p-thread p-by${thread}`;
    one.button.textContent = `The ${name} goes`;
    one.button.disabled = !can || Boolean(this.timer);
    if (next === null) return fill(one.next, h("p.p-nothing", "It has ended."));
    fill(one.next,
      h("p.p-where", next.function, " in ", next.file.split("/").at(-1)),
      h("code.p-step", Player.codeLine(next.line)),
      can || game.can(thread) ? null : h("p.p-note", "It is asleep: first somebody has to wake it."));
  }
};

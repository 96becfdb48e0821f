// Which figures are players, and what do their buttons do? This file makes them, and is the last to be loaded:
//
//   model.js elements.js code.js bars.js view_calls.js view_poller.js view_tasks.js
//   view_rings.js view_map.js view_game.js view_quiz.js cases.js player.js, and player.css
//
//   <figure class="player" data-recording="01_blocking">
//     <img …>                                           the picture of another run, which stays above the player
//     <script type="application/json">…</script>        the recording; or recordings["01_blocking"] has it
//   </figure>
//
// The address says the moment, counted from 1 as the player counts: page.html#01_blocking:t=17; or #t=17 for the first
// player of a page. Where a player has several runs, the run comes before it: #forty_thousand:t=2-9.
"use strict";
window.Player = window.Player || {};

Player.RunPlayer = class {
  /// `name` is that of its recording, and in a link `prefix` comes before the step.
  constructor(data, name, prefix = "") {
    const { h } = Player;
    this.name = name;
    this.prefix = prefix;
    this.run = new Player.Run(data);
    this.code = new Player.CodeView(data.code);
    this.view = new ({ trace: Player.TasksView, poller: Player.PollerView, rings: Player.RingsView }[data.kind] || Player.CallsView)(this.run);
    this.bars = new (data.bytes ? Player.BytesView : { poller: Player.PrintedView, rings: Player.TallyView }[data.kind] || Player.BarsView)(this.run);
    this.call = h("div.p-call", { role: "group", "aria-label": "the call" });
    this.says = h("div.p-says", { "aria-live": "polite", role: "status" });
    this.rooms = [];  // how high each place is at its most
    this.makeControls();
    this.element = h("div.p-run", { tabindex: "0", role: "group", "aria-label": `${data.title}: a recorded run of ${data.code.file}, step by step`, keydown: (event) => this.key(event) },
      this.moments, h("div.p-top", this.controls, this.says), h("div.p-grid", this.code.element, this.call, this.view.element, this.bars.element));
    this.go(0);
    // The page must not jump when there is more to be seen than a step before: so there is room for the most, as soon as
    // the reader comes near.
    new IntersectionObserver((entries) => {
      this.isNear = entries.at(-1).isIntersecting;
      this.reserve();
    }, { rootMargin: "1000px 0px" }).observe(this.element);
    new ResizeObserver(() => this.reserve()).observe(this.element);
  }

  reserve() {
    const width = this.element.clientWidth;
    if (!this.isNear || width === 0 || width === this.width) return;
    this.width = width;
    const parts = [this.says, this.call];
    for (const part of parts) part.style.minHeight = "";
    const most = [], rooms = [];
    const measure = (into, elements) =>
      elements.forEach((element, number) => (into[number] = Math.max(into[number] ?? 0, Math.ceil(element.getBoundingClientRect().height))));
    this.says.setAttribute("aria-live", "off");
    for (let i = 0; i <= this.run.last; ++i) {
      this.draw(i);
      measure(most, parts);
      measure(rooms, this.places);
    }
    parts.forEach((part, number) => (part.style.minHeight = `${most[number]}px`));
    this.rooms = rooms;
    this.go(this.index);
    this.says.setAttribute("aria-live", "polite");
  }

  get places() {
    return [...this.view.element.querySelectorAll(".p-place")];
  }

  makeControls() {
    const { h } = Player;
    const button = (text, name, key, does) => h("button", { type: "button", title: key ? `${name} (${key})` : name, "aria-label": name, click: does }, text);
    this.first = button("First", "First step", "Home", () => this.by(-this.index));
    this.back = button("◀ Back", "Back one step", "←", () => this.by(-1));
    this.step = button("Step ▶", "Step on", "→", () => this.by(1));
    this.step.classList.add("p-main");
    this.skip = button("New ▶▶", "New: on to the next step that is not like one before", "", () => this.by(this.run.nextNew(this.index) - this.index));
    this.playing = button("Play", "Play", "", () => (this.timer ? this.stop() : this.play()));
    this.slider = h("input", { type: "range", min: 0, max: this.run.last, value: 0, "aria-label": "the step", list: `${this.name}-${this.prefix}moments`, input: () => this.by(this.slider.valueAsNumber - this.index) });
    this.speed = h("select", { "aria-label": "the speed" }, [["0.5", "½ ×"], ["1", "1 ×"], ["2", "2 ×"], ["4", "4 ×"]].map(([value, text]) => h("option", { value, selected: value === "1" }, text)));
    this.count = h("span.p-count");
    this.link = Player.momentLink();
    const { moments } = this.run.data;
    const marks = h("datalist", { id: `${this.name}-${this.prefix}moments` }, moments.map(([step]) => h("option", { value: step })));
    this.controls = h("div.p-controls", this.first, this.back, this.step, this.skip, this.playing, this.speed, this.slider, marks, this.count, this.link.element);
    this.jumps = moments.map(([step, name]) => button(name, name, "", () => this.by(step - this.index)));
    this.moments = h("div.p-moments", { role: "group", "aria-label": "moments of this run" }, h("span", { "aria-hidden": "true" }, "Go to:"), this.jumps);
  }

  /// A step of the reader's own: it ends the playing.
  by(steps) {
    this.stop();
    this.go(this.index + steps);
  }

  /// What differs in height from step to step.
  draw(index) {
    const { h, fill } = Player;
    const { step } = this.run.at(index);
    this.view.show(index);
    fill(this.call, h("span.p-actor", `${this.actor(step.who)}${step.call.startsWith("io_uring_") && !step.is ? ", in memory: no call" : step.call || step.is ? "" : ": no call"} `, step.times ? h("span.p-pill", `× ${step.times.toLocaleString("en")}`) : null), h("code", step.call),
      step.is === "waits" ? h("span.p-pill", "waits") : step.is === "…" ? h("span.p-pill", "goes in") : step.is ? h("code.p-result", ` ${step.is}`) : null);
    fill(this.says, h("p", this.run.words(index)), step.meanwhile ? h("p.p-meanwhile", `Meanwhile: ${step.meanwhile.join(" ")}`) : null);
  }

  go(index) {
    this.index = Math.max(0, Math.min(this.run.last, index));
    const { step, line } = this.run.at(this.index);
    this.draw(this.index);
    this.places.forEach((place, number) => (place.style.minHeight = number in this.rooms ? `${this.rooms[number]}px` : ""));
    this.code.show(line);
    this.bars.show(this.index);
    this.element.classList.toggle("p-elsewhere", this.isElsewhere(step.who));
    // What has to be scrolled must be within the keyboard's reach.
    if (this.call.scrollHeight > this.call.clientHeight + 1) this.call.setAttribute("tabindex", "0");
    else this.call.removeAttribute("tabindex");
    this.slider.value = this.index;
    this.slider.setAttribute("aria-valuetext", `step ${this.index + 1} of ${this.run.last + 1}`);
    this.count.textContent = `${this.index + 1} / ${this.run.last + 1} · ${step.t.toFixed(3)} s`;
    this.link.link.href = `#${this.name}:t=${this.prefix}${this.index + 1}`;
    const moment = this.run.momentAt(this.index);
    this.jumps.forEach((jump, number) => {
      if (number === moment) jump.setAttribute("aria-current", this.run.data.moments[number][0] === this.index ? "step" : "true");
      else jump.removeAttribute("aria-current");
    });
    this.first.disabled = this.back.disabled = this.index === 0;
    this.step.disabled = this.index === this.run.last;
    this.skip.disabled = this.run.nextNew(this.index) === -1;
    Player.keepFocus(this.element);
  }

  /// Nobody is in the lines of the server that are shown: the one that is lit only says where they have been left.
  isElsewhere(who) {
    return /^(driver|client)|clients$/.test(who);
  }
  actor(who) {
    if (who === "main") return "main thread";
    return who.startsWith("client ") ? `${who}: another process, with descriptors of its own` : who;
  }

  /// How long a step stays when it plays, in milliseconds: until it can have been read.
  get stays() {
    return (1000 + 28 * this.says.textContent.length) / Number(this.speed.value);
  }

  play() {
    if (this.index === this.run.last) this.go(0);
    this.says.setAttribute("aria-live", "off");  // or it would speak without end
    this.playing.textContent = "Pause";
    this.playing.setAttribute("aria-label", "Pause");
    this.playing.title = "Pause";
    const next = () => {
      this.go(this.index + 1);
      if (this.index === this.run.last) return this.stop();
      this.timer = setTimeout(next, this.stays);
    };
    this.timer = setTimeout(next, 400 / Number(this.speed.value));
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.says.setAttribute("aria-live", "polite");
    this.playing.textContent = "Play";
    this.playing.setAttribute("aria-label", "Play");
    this.playing.title = "Play";
  }

  key(event) {
    // A slider and a list have their own use for these keys.
    if (["SELECT", "INPUT"].includes(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -this.index, End: this.run.last - this.index }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.by(by);
  }

  open(moment) {
    if (/^[1-9]\d*$/.test(moment)) this.by(Number(moment) - 1 - this.index);
  }
};

Player.all = new Map();

Player.recordingOf = (figure, name) => {
  const inside = figure.querySelector('script[type="application/json"]');
  return inside ? JSON.parse(inside.textContent) : window.recordings?.[name];
};

/// Whoever has seen the figure's own picture is told that this is another run.
Player.another = (figure, data) =>
  figure.querySelector(":scope > img") && data.delay ? Player.h("p.p-another", `Another run, step by step, in which each client is served for ${data.delay === 1 ? "a second" : `${data.delay} s`}.`) : null;

/// The files of one commit together.
Player.sourcesOf = (runs) => {
  const files = new Map();
  for (const { code, made } of runs) {
    const where = `${made.commit}, ${made.system}`;
    files.set(where, (files.get(where) ?? new Set()).add(code.file));
  }
  return [...files].map(([where, of]) => `${[...of].join(", ")} (${where})`).join(" and ");
};

Player.make = (figure) => {
  const { h } = Player;
  const name = figure.dataset.recording.split("/").at(-1).replace(/\.json$/, "");
  const data = Player.recordingOf(figure, name);
  if (!data || Player.all.has(name)) return;
  const kinds = { cases: Player.Cases, games: Player.GameView, quizzes: Player.QuizView };
  const player = new (kinds[data.kind] || Player.RunPlayer)(data, name);
  const made = data.kind === "quizzes" ? "Drawn by build/lab/quiz, which knows more of them; answered by the runtime."
    : data.cases ? `Recorded from runs of ${Player.sourcesOf(data.cases)} under strace, which makes each call longer.`
    : data.made ? `Recorded from a run of ${Player.sourcesOf([data])}` + ({ calls: " under strace, which makes each call longer.", rings: " under gdb, which stops it at each step." }[data.kind] ?? ".")
    : "All positions come from the explorer, which runs the runtime's own code in every order.";
  figure.classList.add("p-ready");
  figure.append(h("div.p-box", h("div.p-head", Player.another(figure, data), h("h3.p-title", data.title), data.watch ? h("p.p-watch", data.watch) : null), player.element, h("p.p-made", made)));
  Player.all.set(name, { figure, player });
};

/// Goes to the moment that the address says, if it says one, or to the player.
Player.openAddress = () => {
  // Not to the picture above it.
  document.querySelector('figure.p-ready[id^="player-"]:target > .p-box')?.scrollIntoView({ behavior: "instant" });
  const found = /^#(?:(\w+):)?t=(\d+(?:-\d+)?)$/.exec(location.hash);
  if (!found) return;
  const there = found[1] ? Player.all.get(found[1]) : Player.all.values().next().value;
  if (!there) return;
  there.player.open(found[2]);
  there.figure.querySelector(".p-box").scrollIntoView({ behavior: "instant" });
};

Player.begin = () => {
  document.querySelectorAll("figure.player[data-recording]").forEach(Player.make);
  Player.openAddress();
  window.addEventListener("load", Player.openAddress);  // once more, when all above it has its height
  window.addEventListener("hashchange", Player.openAddress);
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", Player.begin);
else Player.begin();

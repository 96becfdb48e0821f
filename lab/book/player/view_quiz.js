// What do three tasks say, and how often is each polled? Questions that were drawn, and answers that the runtime gave.
"use strict";
window.Player = window.Player || {};

Player.QuizView = class {
  constructor(data, name) {
    const { h } = Player;
    this.quizzes = data.quizzes;
    this.name = name;
    this.tasks = h("div.p-three");
    this.lines = h("div.p-row");
    this.order = h("ol.p-order", { "aria-label": "your order" });
    this.counts = h("div.p-row");
    this.says = h("div.p-says", { "aria-live": "polite", role: "status" });
    this.answers = h("div.p-answer");
    const button = (text, does) => h("button", { type: "button", click: does }, text);
    this.undo = button("Take the last one back", () => this.takeBack());
    this.check = button("Is that so?", () => this.answer(false));
    this.tell = button("Tell me", () => this.answer(true));
    this.next = button("Another one", () => this.open(String(1 + ((this.index + 1) % this.quizzes.length))));
    this.link = Player.momentLink("Link to this question");
    this.element = h("div.p-quiz",
      h("p", "Three tasks run on one thread, spawned in the order a, b, c. ", h("code", "sleep"), " is on a clock that jumps to the next timer when nobody can run. ", h("code", "news"), " is a Notify that they share: ",
        h("code", "notify_one"), " lets one go on who waits for it, or the next one who will. ", h("code", "yield_now"), " goes to the end of the queue."),
      this.tasks,
      h("h4", "What is said, one after the other? Choose in the order in which it comes."), this.lines, this.order,
      h("h4", "How often is each polled?"), this.counts,
      h("div.p-controls", this.undo, this.check, this.tell, this.next, this.link.element), this.says, this.answers);
    this.open("1");
  }

  /// The number of the question, from 1.
  open(moment) {
    const { h, fill, chip } = Player;
    if (!this.quizzes[Number(moment) - 1]) return;
    this.index = Number(moment) - 1;
    this.quiz = this.quizzes[this.index];
    this.chosen = [];
    fill(this.tasks, this.quiz.tasks.map((task, index) =>
      h(`section.p-thread.p-top${index + 1}`, h("code.p-step", `Async<> ${task.name}() {\n${task.code.map((line) => `  ${line}\n`).join("")}}`))));
    this.said = this.quiz.polls.flatMap((poll) => poll.says);
    this.buttons = [...this.said].sort().map((word) => h("button", { type: "button", click: () => this.choose(word) }, word));
    fill(this.lines, this.buttons);
    this.inputs = this.quiz.tasks.map((task) => h("input", { type: "number", min: 1, max: 9, "aria-label": `polls of task ${task.name}`, inputmode: "numeric", input: () => this.unsay() }));
    fill(this.counts, this.quiz.tasks.map((task, index) => h("label.p-count-of", chip(index + 1, `task ${task.name}`), this.inputs[index])));
    fill(this.answers);
    this.link.link.href = `#${this.name}:t=${this.index + 1}`;
    this.unsay();
    this.draw();
  }

  /// What has been said of an answer is not said of the next one.
  unsay() {
    Player.fill(this.says, Player.h("p", `Question ${this.index + 1} of ${this.quizzes.length}: build/lab/quiz --seed ${this.quiz.seed}`));
    this.element.dataset.over = "";
  }

  choose(word) {
    this.chosen.push(word);
    this.unsay();
    this.draw();
    // The button is not to be pressed any more: the next one gets the focus, or what comes then.
    (this.buttons.find((button) => !button.disabled) || this.inputs[0]).focus();
  }

  takeBack() {
    this.chosen.pop();
    this.unsay();
    this.draw();
  }

  draw() {
    const { h, fill, chip } = Player;
    for (const button of this.buttons) button.disabled = this.chosen.includes(button.textContent);
    fill(this.order, this.chosen.map((word) => h("li", chip(this.taskOf(word), word))));
    this.undo.disabled = this.chosen.length === 0;
  }

  taskOf(word) {
    return this.quiz.tasks.findIndex((task) => word.startsWith(task.name)) + 1;
  }

  /// What of the reader's answer is right: at first only up to where. And the runtime's answer, if it is, or with `tell`.
  answer(tell) {
    const { h, fill } = Player;
    const guesses = this.inputs.map((input) => input.value);
    const missing = this.said.length - this.chosen.length;
    if (!tell && (missing > 0 || guesses.includes(""))) {
      const lacks = [missing > 0 ? `${missing} of the ${this.said.length} lines` : "", guesses.includes("") ? "a number of polls" : ""].filter(Boolean);
      fill(this.says, h("p", `Still to be said: ${lacks.join(", and ")}. Or let yourself be told.`));
      return;
    }
    const wrong = this.said.findIndex((word, index) => this.chosen[index] !== word);
    const parts = [];
    if (wrong === -1) parts.push("The order is right.");
    else {
      const right = wrong === 0 ? "" : `The first ${wrong === 1 ? "one is" : `${wrong} are`} right. `;
      const guess = this.chosen[wrong];
      if (tell) parts.push(`${right}${wrong === 0 ? "First" : "Then"} comes ${this.said[wrong]}${guess ? `, not ${guess}` : ""}.`);
      else parts.push(`${right}Place ${wrong + 1} is not ${guess}'s: who is in the queue there?`);
    }
    const polls = this.quiz.tasks.map((task) => this.quiz.polls.filter((poll) => poll.task === task.name).length);
    this.quiz.tasks.forEach((task, index) => {
      const guess = guesses[index];
      if (Number(guess) === polls[index]) parts.push(`Task ${task.name}: ${polls[index]} polls, right.`);
      else if (tell) parts.push(`Task ${task.name}: ${polls[index]} polls${guess ? `, not ${guess}` : ""}.`);
      else parts.push(`Task ${task.name}: not ${guess} polls.`);
    });
    const right = wrong === -1 && polls.every((count, index) => Number(guesses[index]) === count);
    this.element.dataset.over = right ? "ended" : "asked";
    fill(this.says, h(right ? "p.p-won" : "p", right ? h("b", "All of it is right. ") : null, parts.join(" ")));
    if (!right && !tell) return fill(this.answers);
    fill(this.answers, h("h4", "Each poll, as the runtime has run it"), h("ol.p-history", { tabindex: "0", "aria-label": "each poll" },
      this.quiz.polls.map((poll) => h(`li.p-top${this.quiz.tasks.findIndex((task) => task.name === poll.task) + 1}`,
        h("span.p-where", `${poll.ms} ms`), h("b", `task ${poll.task}`), h("code", poll.says.join(", ") || "(says nothing)"), h("small", `${poll.ready ? "ready" : "pending"}; polled because ${poll.because}; then in the queue: ${poll.queue.join(", ") || "nobody"}`)))));
  }
};

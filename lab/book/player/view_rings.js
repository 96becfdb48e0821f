// What is in the two rings, and what has the kernel? The picture for the recording of 07c's server.
"use strict";
window.Player = window.Player || {};

Player.RingsView = class {
  static kinds = ["cancel", "poll", "accept", "receive", "send"];  // as the server's Token has them in user_data

  constructor(run) {
    this.run = run;
    this.element = Player.h("div.p-kernel");
  }

  show(index) {
    const { h, fill, place, row, nothing } = Player;
    const { step, state, changed } = this.run.at(index);
    const { submission, kernel, completion, buffers, lent } = state;
    const list = (entries, without) => (entries.length ? h("ul.p-entries", entries) : nothing(without));
    const [, does] = state.threads[0];
    fill(this.element,
      row("the server's thread", changed.has("threads"), h("ul.p-threads", h("li",
        h(does ? "span.p-dot.p-asleep" : "span.p-dot.p-awake", { "aria-hidden": "true" }), does ? h("span", "asleep in ", h("code", does)) : "awake"))),
      place(`first ring: to be done (head ${submission.head}, tail ${submission.tail})`, changed.has("submission"), list(submission.entries.map((one) => this.entry(one)), "empty")),
      place("handed over: the kernel's", changed.has("kernel"), list(kernel.map((one) => this.entry(one)), "nothing")),
      place(`second ring: done (head ${completion.head}, tail ${completion.tail})`, changed.has("completion"), list(completion.entries.map((one, number) => this.done(one, number === 0 && step.at === "look")), "empty")),
      place("whose memory?", changed.has("buffers") || changed.has("lent"), h("ul.p-entries",
        h("li.p-entry.p-c0", h("span", `${buffers.free.toLocaleString("en")} of 1,024 buffers: the kernel's`)),
        buffers.taken.map(({ number, client, bytes }) => this.memory(client, bytes, `in buffer ${number}: the server's`)),
        lent.map(({ client, bytes }) => this.memory(client, bytes, "to be sent: lent to the kernel")))));
  }

  memory(client, bytes, whose) {
    const { h, colour } = Player;
    return h(`li.p-entry.${colour(client)}`, h("b", bytes.replaceAll("\n", "⏎")), h("span", whose));
  }

  /// Both have user_data, by which they belong together.
  row({ user_data: word }, ...more) {
    const { h, colour } = Player;
    const client = Math.floor(word / 8);
    return h(`li.p-entry.${colour(client)}`, h("b", Player.RingsView.kinds[word % 8]), client ? h("span", `client ${client}`) : null, h("code", `user_data ${word}`), more);
  }

  entry(one) {
    return this.row(one, one.multishot ? Player.h("code", "multishot") : null);
  }

  /// It stays there while the server looks at it.
  done(one, looked) {
    const row = this.row(one, Player.h("code", [`res ${one.result}`, "buffer" in one ? `buffer ${one.buffer}` : null, one.more ? "MORE" : null].filter(Boolean).join(" · ")));
    row.classList.toggle("p-looked", looked);
    return row;
  }
};

/// How many of each so far? Bars, of which the longest at the end is all.
Player.TallyView = class {
  constructor(run) {
    const { h } = Player;
    this.run = run;
    this.most = Math.max(...run.at(run.last).state.tally);
    this.rows = [["entries", 1], ["calls", 5], ["completions", 3]].map(([name, colour]) => ({ name, bar: h(`span.p-serves.p-c${colour}`), text: h("span.p-is") }));
    this.element = h("div.p-bars.p-tally", this.rows.map(({ name, bar, text }) => h("div.p-bar", h("span.p-who", name), h("span.p-track", bar), text)));
  }

  show(index) {
    this.run.at(index).state.tally.forEach((count, number) => {
      this.rows[number].bar.style.width = `${(100 * count) / this.most}%`;
      this.rows[number].text.textContent = count;
    });
  }
};

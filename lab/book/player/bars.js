// How long does each client wait, and how long is it served? Bars that grow.
"use strict";
window.Player = window.Player || {};

Player.BarsView = class {
  constructor(run) {
    const { h } = Player;
    this.run = run;
    this.end = run.data.end * 1.02;
    this.rows = run.data.bars.map((_, index) => {
      const waits = h("span.p-waits"), serves = h(`span.p-serves.${Player.colour(index + 1)}`), text = h("span.p-is");
      return { waits, serves, text, element: h("div.p-bar", h("span.p-who", `client ${index + 1}`), h("span.p-track", waits, serves), text) };
    });
    const ticks = [];
    for (let second = 0; second <= this.end; second += this.end > 5 ? 2 : 0.5) ticks.push(h("span.p-tick", { style: `left:${this.percent(second)}` }, `${second} s`));
    this.cursor = h("span.p-cursor");
    this.element = h("div.p-bars", this.rows.map((row) => row.element), h("div.p-axis", { "aria-hidden": "true" }, h("span.p-track", ticks, this.cursor)), h("p.p-note", this.legend(), this.took()));
  }

  /// What a bar's two looks mean.
  legend() {
    const { h } = Player;
    return [h("span.p-swatch", h("span.p-waits")), " waits for its start ", h("span.p-swatch", h("span.p-serves.p-c1")), " from “start” to “end”. "];
  }

  /// An axis is as long as its run: so it is said in words how long that is, and how long it would be in chapter 01.
  took() {
    const { bars, delay, chapter } = this.run.data;
    const took = Math.max(...bars.map(([, , ends]) => ends)) - Math.min(...bars.map(([came]) => came));
    const all = `${bars.length} clients took ${Number(took.toFixed(1))}\u00a0s.`;
    return chapter === "01_blocking" ? all : `${all} One after the other, as in chapter 01: ${bars.length * delay}\u00a0s.`;
  }

  percent(time) {
    return `${((100 * time) / this.end).toFixed(2)}%`;
  }

  show(index) {
    const bars = this.run.bars(index);
    this.rows.forEach((row, number) => {
      const bar = bars[number];
      row.waits.style.cssText = `left:${this.percent(bar.came)};width:${this.percent(bar.is ? bar.begins - bar.came : 0)}`;
      row.serves.style.cssText = `left:${this.percent(bar.begins)};width:${this.percent(bar.ends - bar.begins)}`;
      row.text.textContent = bar.is;
    });
    const { until, t } = this.run.data.steps[index];
    this.cursor.style.left = this.percent(until ?? t);
  }
};

/// Where are a client's bytes? All that it sends, from its hands to the socket, through the server, and back.
Player.BytesView = class {
  constructor(run) {
    const { h } = Player;
    this.run = run;
    this.parts = [["back", "back with the client", "span.p-serves.p-c3"], ["way", "on their way back", "span.p-serves.p-c5"], ["unread", "in the socket, unread", "span.p-waits"]]
      .map(([key, words, look]) => ({ key, words, track: h(look), count: h("b"), look }));
    this.told = h("b");
    this.element = h("div.p-bars.p-all-bytes", h("h4", `the client's ${run.data.bytes.toLocaleString("en")} bytes`),
      h("span.p-track", { "aria-hidden": "true" }, this.parts.map((part) => part.track)),
      h("ul", this.parts.map(({ words, count, look }) => h("li", h("span.p-swatch", h(look)), ` ${words}: `, count)), h("li", "the server was told of them: ", this.told)));
  }

  show(index) {
    const { sockets, back, told } = this.run.at(index).state;
    this.told.textContent = ["not yet", "once", "twice"][told] ?? `${told} times`;
    const unread = sockets.reduce((sum, socket) => sum + socket.unread, 0);
    // What the server has taken is in its buffer or, a call later, in the kernel once more.
    const sent = this.run.steps.slice(0, index + 1).some(({ state }) => state.sockets.some((socket) => socket.unread)) ? this.run.data.bytes : 0;
    const counts = { back, way: sent - unread - back, unread };
    let left = 0;
    for (const { key, track, count } of this.parts) {
      const wide = (100 * counts[key]) / this.run.data.bytes;
      track.style.cssText = `left:${left.toFixed(2)}%;width:${wide.toFixed(2)}%`;
      left += wide;
      count.textContent = counts[key].toLocaleString("en");
    }
  }
};

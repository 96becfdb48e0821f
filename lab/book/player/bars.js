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
    this.element = h("div.p-bars", this.rows.map((row) => row.element), h("div.p-axis", { "aria-hidden": "true" }, h("span.p-track", ticks, this.cursor)), h("p.p-note", this.took()));
  }

  /// An axis is as long as its run: so it is said in words how long that is, and how long it would be in chapter 01.
  took() {
    const { bars, delay, chapter } = this.run.data;
    const took = Math.max(...bars.map(([, , ends]) => ends)) - Math.min(...bars.map(([came]) => came));
    const all = `${bars.length} clients took ${Number(took.toFixed(1))} s.`;
    return chapter === "01_blocking" ? all : `${all} One after the other, as in chapter 01: ${bars.length * delay} s.`;
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

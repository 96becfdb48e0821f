// What is the same, and what is not, in several runs with the same client? One player for each, of which one is to be seen.
"use strict";
window.Player = window.Player || {};

Player.Cases = class {
  constructor(data, name) {
    const { h } = Player;
    this.cases = data.cases.map((one, index) => new Player.RunPlayer({ ...one, title: `${data.title}, ${one.name}` }, name, `${index + 1}-`));
    this.choices = data.cases.map((one, index) =>
      h("label.p-choice", h("input", { type: "radio", name: `${name}-case`, value: index, change: () => this.choose(index) }), h("span", one.name)));
    this.watch = h("p.p-watch", { role: "status" });
    // All of them are in the same place: it has room for each.
    this.element = h("div.p-cases", h("fieldset.p-choices", h("legend", data.choice), this.choices), this.watch, h("div.p-all", this.cases.map((one) => one.element)));
    this.choose(0);
  }

  get run() {
    return this.cases[this.chosen].run;
  }

  choose(index) {
    this.cases.forEach((one, number) => {
      if (number !== index) one.stop();
      one.element.toggleAttribute("inert", number !== index);
    });
    this.chosen = index;
    this.choices[index].firstChild.checked = true;
    this.watch.textContent = this.cases[index].run.data.watch;
  }

  go(index) {
    this.cases[this.chosen].go(index);
  }

  /// "2-9": the second one's step 9.
  open(moment) {
    const [number, step] = moment.split("-");
    if (!this.cases[Number(number) - 1] || !step) return;
    this.choose(Number(number) - 1);
    this.cases[this.chosen].open(step);
  }
};

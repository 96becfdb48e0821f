// The players in Chromium, all of them on a page of their own. See CMakeLists.txt for what runs it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const modules = createRequire(join(process.env.MODULES, "any.js"));
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(process.env.PAGE).href;
const phone = { viewport: { width: 390, height: 844 } };
const runs = ["01_blocking", "02_threads", "03_nonblocking_busy", "04_poll", "05_epoll_level", "06_epoll_edge", "07_futures_tasks"];
// A player with several runs has them under numbers.
const echoes = ["forty_thousand/1", "forty_thousand/2", "forty_thousand/3"];
const wakes = ["wake_the_poller/1", "wake_the_poller/2", "wake_the_poller/3"];
const all = [...runs, ...echoes, ...wakes, "two_rings"];
const games = ["Without the second look", "With it", "Without the tick", "With the tick"];

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.BROWSER, args: ["--no-sandbox", "--disable-background-networking"] });
});
after(() => browser?.close());

async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  // The player of a run, and where it is to be seen.
  await context.addInitScript(() => {
    window.runOf = (name) => {
      const [file, number] = name.split("/");
      const { player, figure } = Player.all.get(file);
      return number ? { player: player.cases[number - 1], figure: player.cases[number - 1].element } : { player, figure };
    };
  });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => request.url().startsWith("http") && wrong.push(`asks for ${request.url()}`));
  return { context, page, wrong };
}

const idle = []; // what is open already, which costs half a second to make

// Calls `visit` with the page, and with what finds something in the player of that name. Whatever is wrong in the console
// is a failure.
async function visiting(hash, { viewport = { width: 1100, height: 900 }, javaScriptEnabled = true, hasTouch = false, ...media }, visit) {
  const isUsual = javaScriptEnabled && !hasTouch;
  const one = (isUsual && idle.pop()) || (await open({ javaScriptEnabled, hasTouch, isMobile: hasTouch }));
  const { context, page, wrong } = one;
  try {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ media: "screen", colorScheme: "light", reducedMotion: "no-preference", ...media });
    await page.goto(address + hash);
    await visit(page, (name) => page.locator(`figure[data-recording="${name}"]`));
    if (isUsual) {
      await page.evaluate(() => localStorage.clear());
      await page.goto("about:blank");
      idle.push(one);
    } else {
      await context.close();
    }
  } catch (error) {
    await context.close();
    throw error;
  }
  assert.deepEqual(wrong.splice(0), []);
}

// The same for those who do nothing but step. They have one page together: to make one takes longer than most of them.
let kept;
async function stepping(visit) {
  if (kept) {
    await kept.page.evaluate((names) => names.forEach((name) => runOf(name).player.go(0)), all);
  } else {
    kept = await open({});
    await kept.page.goto(address);
  }
  await visit(kept.page, (name) => kept.page.locator(`figure[data-recording="${name}"]`));
  assert.deepEqual(kept.wrong.splice(0), []);
}

// Comes near to each player, for it to make its room.
async function comeNear(page) {
  for (const name of all) {
    await page.evaluate((name) => runOf(name).figure.scrollIntoView(), name);
    await page.waitForFunction((name) => runOf(name).player.rooms.length > 0, name);
  }
}

const button = (figure, name) => figure.getByRole("button", { name, exact: true });
const says = (figure) => figure.locator(".p-says");

test("each run can be stepped to its end, and back to the same pictures", () =>
  stepping(async (page) => {
    for (const name of all) {
      const seen = await page.evaluate((name) => {
        const { player } = runOf(name);
        const box = player.element;
        const press = (label) => box.querySelector(`button[aria-label="${label}"]`);
        const look = () => box.innerHTML.replace(/ tabindex="0"/g, "") + box.querySelector("input").value;
        const there = [look()];
        for (let step = press("Step on"); !step.disabled; there.push(look())) step.click();
        const back = [look()];
        for (let step = press("Back one step"); !step.disabled; back.push(look())) step.click();
        return { there, back: back.reverse(), steps: player.run.last };
      }, name);
      assert.equal(seen.there.length, seen.steps + 1);
      assert.ok(seen.steps > (runs.includes(name) ? 25 : 12), name);
      assert.equal(new Set(seen.there).size, seen.there.length, `${name}: two moments look the same`);
      assert.deepEqual(seen.there, seen.back, name);
    }
  }));

test("each step lights the line that the recording names, and says in words what is there", () =>
  stepping(async (page) => {
    for (const name of all) {
      const wrong = await page.evaluate((name) => {
        const { player, figure } = runOf(name);
        const { data } = player.run;
        const wrong = [];
        for (let index = 0; index <= player.run.last; ++index) {
          player.go(index);
          const step = data.steps[index];
          const lit = [...figure.querySelectorAll(".p-lit")].map((row) => row.querySelector("code").textContent);
          const line = data.code.lines.find(([number]) => number === data.code.at[step.at])[1];
          const box = figure.querySelector(".p-code").getBoundingClientRect();
          const row = figure.querySelector(".p-lit").getBoundingClientRect();
          if (lit.length !== 1 || lit[0] !== line) wrong.push(`${index}: ${lit} instead of ${line}`);
          if (row.top < box.top || row.bottom > box.bottom) wrong.push(`${index}: the line is out of sight`);
          if (!figure.querySelector(".p-says").textContent.includes(step.says)) wrong.push(`${index}: it does not say so`);
          if (!figure.querySelector(".p-call").checkVisibility() || !figure.querySelector(".p-actor").textContent.trim()) wrong.push(`${index}: nobody is named`);
        }
        return wrong;
      }, name);
      assert.deepEqual(wrong, [], name);
    }
  }));

test("a line is lit only while somebody is in it, and a task has the colour of its client", () =>
  stepping(async (page) => {
    for (const name of all) {
      const wrong = await page.evaluate((name) => {
        const { player, figure } = runOf(name);
        return player.run.data.steps.flatMap(({ who }, index) => {
          player.go(index);
          const lit = getComputedStyle(figure.querySelector(".p-lit")).backgroundColor !== "rgba(0, 0, 0, 0)";
          const mayBe = who === "main" || /^(thread|task) /.test(who);
          const chips = [...figure.querySelectorAll(".p-task")].filter((task) => /connection (\d+)/.test(task.textContent));
          const others = chips.filter((task) => !task.querySelector(`.p-chip.p-c${/connection (\d+)/.exec(task.textContent)[1]}`));
          return lit === mayBe && others.length === 0 ? [] : [`${index}: ${who}`];
        });
      }, name);
      assert.deepEqual(wrong, [], name);
    }
  }));

test("who waits is seen to wait, and a line in which nobody is says so", () =>
  stepping(async (page) => {
    for (const name of all) {
      const wrong = await page.evaluate((name) => {
        const { player, figure } = runOf(name);
        const [file, number] = name.split("/");
        if (number) Player.all.get(file).player.choose(number - 1);
        return player.run.data.steps.flatMap(({ who, is }, index) => {
          player.go(index);
          const wrong = [];
          const box = figure.querySelector(".p-call"), pill = box.querySelector(".p-pill");
          if (is === "waits" && box.getBoundingClientRect().bottom < pill.getBoundingClientRect().bottom) wrong.push(`${index}: out of sight`);
          const left = getComputedStyle(figure.querySelector(".p-file-left")).visibility === "visible";
          if (left !== /^(driver|client|the clients)/.test(who)) wrong.push(`${index}: ${who}`);
          return wrong;
        });
      }, name);
      assert.deepEqual(wrong, [], name);
    }
  }));

test("of a run that is not chosen nothing is to be seen", () =>
  visiting("", phone, async (page, player) => {
    const figure = player("forty_thousand");
    await page.evaluate(() => Player.all.get("forty_thousand").player.cases.forEach((one) => one.go(one.run.last)));
    for (const choice of await figure.locator(".p-choice").all()) {
      await choice.click();
      const seen = await figure.evaluate((figure) => [...figure.querySelectorAll(".p-run[inert], .p-run[inert] *")].filter((element) => getComputedStyle(element).visibility !== "hidden").map((element) => element.textContent));
      assert.deepEqual(seen, []);
      assert.equal(await figure.locator(".p-file-left").filter({ visible: true }).count(), 1);
    }
  }));

test("ten clients have a bar each, and no two of them a colour", () =>
  stepping(async (page) => {
    for (const name of runs) {
      const bars = await page.evaluate((name) => [...Player.all.get(name).figure.querySelectorAll(".p-bar")].map((bar) =>
        [bar.querySelector(".p-who").textContent, getComputedStyle(bar.querySelector(".p-serves")).color]), name);
      assert.deepEqual(bars.map(([who]) => who), Array.from({ length: 10 }, (_, index) => `client ${index + 1}`));
      assert.equal(new Set(bars.map(([, colour]) => colour)).size, 10, name);
      const said = await page.evaluate((name) => {
        const { player, figure } = runOf(name);
        return player.run.steps.flatMap((_, index) => {
          player.go(index);
          return [...figure.querySelectorAll(".p-is")].map((is) => is.textContent);
        });
      }, name);
      assert.deepEqual([...new Set(said)].sort(), ["", "done", "in its second", "waits"], name);
    }
  }));

test("a moment's button goes to its step, of which the slider has a mark", () =>
  stepping(async (page, player) => {
    for (const name of runs) {
      const figure = player(name);
      const { moments, steps, marks } = await figure.evaluate((figure, name) => {
        const { data } = Player.all.get(name).player.run;
        return { moments: data.moments, steps: data.steps.length, marks: [...figure.querySelector("input").list.options].map(({ value }) => Number(value)) };
      }, name);
      assert.deepEqual(marks, moments.map(([step]) => step));
      for (const [step, moment] of moments) {
        await button(figure, moment).click();
        assert.ok((await figure.locator(".p-count").textContent()).startsWith(`${step + 1} / ${steps} `), `${name}: ${moment}`);
        assert.equal(await button(figure, moment).getAttribute("aria-current"), "step");
        assert.equal(await figure.locator(".p-moments [aria-current]").count(), 1);
      }
    }
  }));

test("a moment brings its player into the window, and a step leaves the page where it is", () =>
  visiting("", { viewport: { width: 1280, height: 700 } }, async (page, player) => {
    await comeNear(page);
    const figure = player("05_epoll_level");
    const top = () => figure.locator(".p-box").evaluate((box) => box.getBoundingClientRect().top);
    await figure.locator(".p-box").evaluate((box) => scrollBy(0, box.getBoundingClientRect().top - 400));
    await button(figure, "Step on").press("Enter");
    await page.keyboard.press("ArrowRight");
    assert.equal(Math.round(await top()), 400);
    await button(figure, "ten wait").click();
    assert.ok(await top() >= 0 && await top() < 100, `${await top()}`);
    await page.setViewportSize({ width: 1280, height: 1400 });
    await figure.locator(".p-box").evaluate((box) => scrollBy(0, box.getBoundingClientRect().top - 300));
    await button(figure, "the first end").click();
    assert.equal(Math.round(await top()), 300);
  }));

test("on a phone a moment brings what has changed into the window", () =>
  visiting("", phone, async (page, player) => {
    await comeNear(page);
    for (const name of runs) {
      const figure = player(name);
      for (const moment of await figure.locator(".p-moments button").all()) {
        await moment.evaluate((one) => one.click());
        const free = (await figure.locator(".p-top").boundingBox());
        const changed = await figure.locator(".p-changed").evaluateAll((places) => places.map((place) => place.getBoundingClientRect()).map(({ top, bottom }) => ({ top, bottom })));
        if (!changed.length) continue;
        const first = Math.min(...changed.map(({ top }) => top)), last = Math.max(...changed.map(({ bottom }) => bottom));
        const which = `${name}, ${await moment.textContent()}: ${first} to ${last}`;
        assert.ok(first >= free.y + free.height, which);
        assert.ok(last <= phone.viewport.height || first <= free.y + free.height + 10, which);
      }
    }
  }));

test("on a phone the tasks that say goodbye are in the window when all ten do", () =>
  visiting("", phone, async (page, player) => {
    await comeNear(page);
    const figure = player("07_futures_tasks");
    await button(figure, "ten say goodbye").click();
    const { y, height } = await figure.locator(".p-place", { hasText: "its socket's readiness" }).boundingBox();
    const above = await figure.locator(".p-top").boundingBox();
    assert.ok(y >= above.y + above.height && y + height <= phone.viewport.height, `${y} + ${height}`);
  }));

test("on a laptop all of a run is to be seen at once", () =>
  visiting("", { viewport: { width: 1280, height: 800 } }, async (page) => {
    await page.addStyleTag({ content: "main { max-width: 800px }" });  // as wide as the book's column
    const high = () => page.evaluate(() => [...Player.all].filter(([, { player }]) => player.run).map(([name, { figure }]) => [name, figure.querySelector(".p-box").offsetWidth, figure.querySelector(".p-box").offsetHeight]));
    await page.waitForFunction(() => document.querySelector("figure").clientWidth === 800);
    await comeNear(page);
    for (const [name, width, height] of await high()) {
      assert.equal(width, 800);
      assert.ok(height <= 780, `${name} is ${height} px high`);
    }
    const out = await page.evaluate((names) => names.flatMap((name) => {
      const { player, figure } = runOf(name);
      return player.run.steps.flatMap((_, index) => {
        player.go(index);
        return [...figure.querySelectorAll(".p-place, .p-bar")].filter((place) => place.scrollWidth > place.clientWidth).map((place) => `${name}, ${index}: ${place.textContent}`);
      });
    }), all);
    assert.deepEqual(out, []);
  }));

test("on a phone the buttons, and what is said, stay in sight", () =>
  visiting("", phone, async (page, player) => {
    for (const name of ["01_blocking", "07_futures_tasks"]) {
      await player(name).locator(".p-bars").evaluate((bars) => bars.scrollIntoView({ block: "end" }));
      const there = [await button(player(name), "Step on").boundingBox(), await says(player(name)).boundingBox()];
      for (const { y, height } of there) assert.ok(y >= 0 && y + height < phone.viewport.height / 2, `${name}: ${y}`);
    }
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`the ten colours are read on every ground of the ${colorScheme} page`, () =>
    visiting("", { colorScheme }, async (page) => {
      const [grounds, colours] = await page.evaluate(() => {
        const there = document.querySelector(".p-box").appendChild(document.createElement("i"));
        const shown = (name) => {
          there.style.color = `var(${name})`;
          return getComputedStyle(there).color.match(/\d+/g).map(Number);
        };
        return [["--p-paper", "--p-panel", "--p-glow"].map(shown), Array.from({ length: 10 }, (_, index) => shown(`--p-c${index + 1}`))];
      });
      const light = (colour) => colour.map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0.05);
      for (const [number, colour] of colours.entries()) {
        for (const ground of grounds) {
          const [less, more] = [light(colour), light(ground)].sort((a, b) => a - b);
          assert.ok(more / less >= 4.5, `colour ${number + 1} on ${ground}: ${more / less}`);
        }
      }
    }));
}

test("on a phone what is in the kernel comes before the code, and on a desk beside it", () =>
  visiting("", phone, async (page, player) => {
    const top = async (part) => (await player("05_epoll_level").locator(part).boundingBox()).y;
    assert.ok(await top(".p-kernel") < await top(".p-source"));
    await page.setViewportSize({ width: 1100, height: 900 });
    assert.equal(await top(".p-kernel"), await top(".p-source"));
  }));

test("poll's list is there while poll is, and epoll's all the time", () =>
  stepping(async (page, player) => {
    const lists = (name) => page.evaluate((name) => {
      const { player, figure } = Player.all.get(name);
      return player.run.data.steps.map((step, index) => {
        player.go(index);
        const place = [...figure.querySelectorAll(".p-place")].find((place) => /poll's list|of interest/.test(place.textContent));
        return [step.call.split("(")[0], step.is, place ? place.querySelectorAll("li").length : 0];
      });
    }, name);
    let polls = false;
    for (const [call, is, there] of await lists("04_poll")) {
      if (call === "poll") polls = ["waits", "…"].includes(is);
      assert.equal(there > 0, polls, `${call} ${is}: ${there}`);
    }
    const kept = (await lists("06_epoll_edge")).filter(([call]) => call === "epoll_wait");
    assert.ok(kept.every(([, , there]) => there >= 2));
    assert.match(await player("04_poll").textContent(), /brought along so far: \d\d+ entries/);
  }));

test("each of epoll's two lists lights up when it has changed, and not with the other", () =>
  stepping(async (page) => {
    const alone = new Set();
    for (const name of ["05_epoll_level", "06_epoll_edge", ...echoes, ...wakes]) {
      const [wrong, seen] = await page.evaluate((name) => {
        const { player, figure } = runOf(name);
        const wrong = [], seen = new Set();
        for (let index = 1; index <= player.run.last; ++index) {
          player.go(index);
          const lit = ["interest", "ready"].map((list) => {
            const place = [...figure.querySelectorAll(".p-place")].find((place) => place.textContent.startsWith("epoll: ") && place.querySelector("h4").textContent.endsWith(list));
            const [now, before] = [index, index - 1].map((at) => JSON.stringify(player.run.at(at).state.epoll[list]));
            if (place.classList.contains("p-changed") !== (now !== before)) wrong.push(`${index}: ${list}`);
            return now !== before;
          });
          seen.add(lit.join());
        }
        return [wrong, [...seen]];
      }, name);
      assert.deepEqual(wrong, [], name);
      seen.forEach((lit) => alone.add(lit));
    }
    assert.ok(alone.has("true,false") && alone.has("false,true"));
  }));

test("one client's bytes lie in the socket until they are read, and with --no-drain for ever", () =>
  visiting("#forty_thousand:t=2-14", {}, async (page, player) => {
    const figure = player("forty_thousand");
    await figure.getByText("14 / 14").waitFor();
    assert.ok(await figure.getByLabel("edge, --no-drain (06)", { exact: true }).isChecked());
    assert.match(await figure.locator(".p-run:not([inert]) .p-says").textContent(), /^Client 1 waits for the other 23,616 bytes\./);
    const seen = await page.evaluate((names) => names.map((name) => {
      const { player, figure } = runOf(name);
      const unread = [], sums = new Set();
      for (let index = 0; index <= player.run.last; ++index) {
        player.go(index);
        const place = [...figure.querySelectorAll(".p-place")].find((one) => one.textContent.startsWith("arrived, and not read yet"));
        const [, count] = /([\d,]+) bytes/.exec(place.textContent) ?? [];
        const below = [...figure.querySelectorAll(".p-all-bytes .p-swatch + b")].map((one) => Number(one.textContent.replace(",", "")));
        sums.add(below.reduce((sum, one) => sum + one));
        if (count !== undefined && unread.at(-1) !== count) unread.push(count);
        if (count !== undefined && Number(count.replace(",", "")) !== below[2]) unread.push(`${count}, and below ${below[2]}`);
      }
      return [unread.join(" "), [...sums].join(" ")];
    }), echoes);
    assert.deepEqual(seen.map(([unread]) => unread), ["0 40,000 23,616 7,232 0", "0 40,000 23,616", "0 40,000 23,616 7,232 0"]);
    assert.deepEqual(seen.map(([, all]) => all), Array(3).fill("0 40000"));
    const heights = [];
    for (const name of ["level (05)", "edge, --no-drain (06)", "edge (06)"]) {
      await figure.getByLabel(name, { exact: true }).check();
      const shown = figure.locator(".p-run").filter({ visible: true });
      assert.equal(await shown.count(), 1);
      heights.push(await figure.evaluate((element) => element.clientHeight));
      await shown.getByRole("button", { name: "First step", exact: true }).click();
      for (const moment of await shown.locator(".p-moments button").all()) {
        await moment.click();
        assert.equal(await moment.getAttribute("aria-current"), "step");
      }
    }
    assert.equal(new Set(heights).size, 1, `${heights}`);
    assert.deepEqual(await figure.locator(".p-all-bytes li:last-child b").allTextContents(), ["3 times", "once", "once"]);
    assert.match(await figure.locator(".p-run:not([inert]) .p-says").textContent(), /^Client 1 has all of its 40,000 bytes back\./);
    assert.equal(await figure.locator(".p-run:not([inert])").getByRole("link", { name: "Link to this moment" }).getAttribute("href"), "#forty_thousand:t=3-18");
  }));

test("the bell that rings before the sleep is found in it, a tick comes by the queue, and a oneshot is off until it is armed again", () =>
  visiting("#wake_the_poller:t=2-11", {}, async (page, player) => {
    const figure = player("wake_the_poller");
    const shown = figure.locator(".p-run:not([inert])");
    await figure.getByText("11 / 14").waitFor();
    assert.equal(await figure.locator("legend").textContent(), "Which run?");
    const place = (title) => shown.locator(".p-place").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
    assert.match(await place("in the program, under a lock").textContent(), /the note: “it is woken”the queue: token 1$/);
    assert.match(await place("what lies in each descriptor").textContent(), /the bell: the number 1$/);
    assert.match(await place("epoll: ready").textContent(), /the bell$/);
    assert.equal(await place("the program's threads").locator(".p-awake").count(), 2);
    assert.equal(await shown.locator(".p-printed code").filter({ visible: true }).count(), 2);
    for (const name of ["asleep: poller_mixed", "oneshot: poller_triggers"]) {
      await figure.getByLabel(name, { exact: true }).check();
      for (const moment of await shown.locator(".p-moments button").all()) {
        await moment.click();
        assert.equal(await moment.getAttribute("aria-current"), "step");
      }
    }
    const off = await page.evaluate((name) => {
      const { player, figure } = runOf(name);
      return player.run.data.steps.map((_, index) => {
        player.go(index);
        return [...figure.querySelectorAll(".p-entry")].some((entry) => /^\d+the pipe.*off$/.test(entry.textContent)) ? "off" : "on";
      }).filter((is, index, all) => is !== all[index - 1]).join(" ");
    }, wakes[2]);
    assert.equal(off, "on off on off");
    assert.match(await says(shown).textContent(), /only a registration arms it again/);
  }));

test("both rings show what lies in them, and what is looked at, and whose the memory is", () =>
  stepping(async (page) => {
    const wrong = await page.evaluate(() => {
      const { player, figure } = runOf("two_rings");
      return player.run.steps.flatMap(({ step, state }, index) => {
        player.go(index);
        const [, submission, kernel, completion, memory] = [...figure.querySelectorAll(".p-place")].map((place) => [...place.querySelectorAll(".p-entry")].map((entry) => entry.textContent));
        const words = (entries) => entries.map(({ user_data: word }) => `user_data ${word}`);
        const same = (shown, entries) => shown.length === entries.length && words(entries).every((text, number) => shown[number].includes(text));
        const looked = figure.querySelectorAll(".p-looked").length === (step.at === "look" ? 1 : 0);
        const counts = [...figure.querySelectorAll(".p-tally .p-is")].map(({ textContent }) => Number(textContent)).join() === state.tally.join();
        const owners = memory[0].startsWith(state.buffers.free.toLocaleString("en")) && memory.length === 1 + state.buffers.taken.length + state.lent.length;
        const are = [same(submission, state.submission.entries), same(kernel, state.kernel), same(completion, state.completion.entries), looked, counts, owners];
        return are.every(Boolean) ? [] : [`${index}: ${are}`];
      });
    });
    assert.deepEqual(wrong, []);
  }));

test("the button to what is new passes by what has been there, and ends with it", () =>
  stepping(async (page, player) => {
    const figure = player("05_epoll_level");
    const skip = button(figure, "New: on to the next step that is not like one before");
    const kinds = await page.evaluate(() => Player.all.get("05_epoll_level").player.run.data.steps.map((step) => [step.at, step.call.split("(")[0], /EAGAIN/.test(step.is)].join()));
    const gone = [0];
    while (await skip.isEnabled()) {
      await skip.click();
      gone.push(Number(/^\d+/.exec(await figure.locator(".p-count").textContent())[0]) - 1);
    }
    assert.ok(gone.length < kinds.length / 2, `${gone.length} of ${kinds.length}`);
    const back = await page.evaluate(() => {
      const { run } = Player.all.get("06_epoll_edge").player;
      const index = run.data.steps.findIndex(({ says }) => says.includes("clients 1 to 10"));
      return [index, run.nextNew(index - 1)];
    });
    assert.equal(back[0], back[1]);  // such a call has been there, but not such news
    for (const [index, kind] of kinds.entries()) assert.ok(gone.includes(index) || kinds.indexOf(kind) < index, `${index + 1} is new: ${kind}`);
  }));

test("a line of code is never cut off, and goes on below further in than it began", () =>
  stepping(async (page) => {
    const wrong = await page.evaluate((names) => names.flatMap((name) => {
      const box = runOf(name).figure.querySelector(".p-code");
      const wrong = box.scrollWidth > box.clientWidth ? [`${name}: ${box.scrollWidth} of ${box.clientWidth}`] : [];
      for (const code of box.querySelectorAll("code")) {
        const range = document.createRange();
        range.selectNodeContents(code);
        const parts = [...range.getClientRects()].filter(({ width }) => width > 0);
        const begins = /^ */.exec(code.textContent)[0].length * (parts[0]?.width ?? 0) / code.textContent.length;
        for (const { left, right, top } of parts) {
          if (right > box.getBoundingClientRect().right) wrong.push(`${name}, cut off: ${code.textContent}`);
          if (top > parts[0].top + 5 && left <= parts[0].left + begins) wrong.push(`${name}, not further in: ${code.textContent}`);
        }
      }
      return wrong;
    }), all);
    assert.deepEqual(wrong, []);
  }));

test("a link leads to the moment, in one of several players, and the player to the link", () =>
  visiting("#04_poll:t=12", {}, async (page, player) => {
    await assert.doesNotReject(player("04_poll").getByText("12 / ").waitFor());
    assert.match(await player("05_epoll_level").locator(".p-count").textContent(), /^1 \/ /);
    await button(player("04_poll"), "Step on").click();
    const link = player("04_poll").getByRole("link", { name: "Link to this moment" });
    assert.equal(await link.getAttribute("href"), "#04_poll:t=13");
    const there = await page.evaluate(() => scrollY);
    await link.click();
    await player("04_poll").locator(".p-said:not(:empty)").waitFor();
    assert.match(await player("04_poll").locator(".p-said").textContent(), /^(copied|in the address now)$/);
    assert.deepEqual(await page.evaluate(() => [location.hash, scrollY]), ["#04_poll:t=13", there]);
    const top = await page.evaluate(() => Player.all.get("04_poll").figure.querySelector(".p-box").getBoundingClientRect().top);
    assert.ok(top >= 0 && top < 100, `${top}`);
    await page.evaluate(() => { location.hash = "#t=3"; });
    await player("01_blocking").getByText("3 / ").waitFor();
    await page.evaluate(() => { location.hash = "#lose_the_wake_up:t=2001"; });
    assert.equal(await player("lose_the_wake_up").locator(".p-history li").count(), 3);
    assert.ok(await player("lose_the_wake_up").getByLabel("Without the tick").isChecked());
    await page.evaluate(() => { location.hash = "#quizzes:t=3"; });
    await player("quizzes").getByText("Question 3 of").waitFor();
    for (const odd of ["#04_poll:t=99999", "#04_poll:t=0", "#04_poll:t=1-2", "#nobody:t=1", "#forty_thousand:t=4-1", "#forty_thousand:t=1", "#lose_the_wake_up:t=9", "#lose_the_wake_up:t=077", "#t=", "#%"]) {
      await page.evaluate((odd) => new Promise((done) => {
        addEventListener("hashchange", () => done(), { once: true });
        location.hash = odd;
      }), odd);
    }
  }));

test("it plays to the end by itself, speaks only when it is still, and does as the reader says", () =>
  visiting("", {}, async (page, player) => {
    await page.clock.install();
    const figure = player("01_blocking");
    await figure.getByLabel("the speed").selectOption("4");
    await button(figure, "Play").click();
    assert.equal(await says(figure).getAttribute("aria-live"), "off");
    await page.clock.runFor(2000);
    await button(figure, "Pause").click();
    assert.equal(await says(figure).getAttribute("aria-live"), "polite");
    const there = await figure.locator(".p-count").textContent();
    await page.clock.runFor(5000);
    assert.equal(await figure.locator(".p-count").textContent(), there);
    await button(figure, "Play").click();
    await page.clock.runFor(60_000);
    assert.ok(await button(figure, "Step on").isDisabled());
    assert.ok(await button(figure, "Play").isVisible());
    await button(figure, "First step").click();
    assert.match(await figure.locator(".p-count").textContent(), /^1 \//);
    await figure.getByLabel("the step").fill("7");
    assert.match(await figure.locator(".p-count").textContent(), /^8 \//);
  }));

test("the keyboard alone is enough for a run", () =>
  visiting("", {}, async (page, player) => {
    await page.keyboard.press("Tab");
    const figure = player("01_blocking");
    assert.ok(await figure.locator(".p-run").evaluate((element) => element === document.activeElement));
    const count = () => figure.locator(".p-count").textContent();
    for (const [key, at] of [["ArrowRight", 2], ["ArrowRight", 3], ["ArrowLeft", 2], ["Home", 1]]) {
      await page.keyboard.press(key);
      assert.match(await count(), new RegExp(`^${at} /`), key);
    }
    await page.keyboard.press("End");
    assert.ok(await button(figure, "Step on").isDisabled());
    await page.keyboard.press("Tab");  // to the first moment
    await page.keyboard.press("Enter");
    assert.match(await count(), new RegExp(`^${1 + await figure.evaluate(() => Player.all.get("01_blocking").player.run.data.moments[0][0])} /`));
    while (!(await button(figure, "First step").evaluate((element) => element === document.activeElement))) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.match(await count(), /^1 \//);
    await page.keyboard.press("ArrowRight");  // although that button has gone out under the finger
    assert.match(await count(), /^2 \//);
    await page.keyboard.press("Home");
    await figure.getByLabel("the step").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await count(), /^2 \//);
  }));

// The button of a thread has the next step below its name.
const goes = (figure, thread) => figure.getByRole("button", { name: new RegExp(`^The ${["task", "reactor"][thread]} goes`) });
const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

test("the wake-up can be lost without the second look, and the tick, and never with them", () =>
  visiting("", {}, async (page, player) => {
    const figure = player("lose_the_wake_up");
    for (const [index, title] of games.entries()) {
      const found = await page.evaluate((index) => {
        const { game } = Player.all.get("lose_the_wake_up").player.games[index];
        return { lost: game.lost, shortest: game.shortest() };
      }, index);
      await figure.getByLabel(title, { exact: true }).check();
      const broken = title.startsWith("Without");
      const about = await figure.locator(".p-about").textContent();
      assert.match(about, broken ? /Left out of (wait|clear) is the (second look|tick): / : /In (wait|clear) there is the (second look|tick): /);
      assert.match(about, title.includes("tick") ? /^The task wants two bytes, .* tick 1\./ : /^The task wants one byte, and none is there yet\./);
      assert.equal(found.lost, broken ? 1 : 0);
      assert.equal(found.shortest !== null, broken);
      assert.equal(await button(figure, "Show me one").count(), broken ? 1 : 0);
      const asks = await says(figure).textContent();
      assert.equal(asks.includes("Try to get to where nobody can go on."), broken, asks);
      assert.equal(asks.includes("Try to lose it: you will not get there."), !broken, asks);
      if (!broken) continue;
      for (const thread of found.shortest) await goes(figure, thread).click();
      assert.match(await says(figure).textContent(), /^Nobody can go on\./);
      assert.equal(await figure.locator(".p-map .p-dot-lost.p-here").count(), 1);
      assert.equal(await figure.locator(".p-map .p-went").count(), found.shortest.length);
      for (const thread of [0, 1]) assert.ok(await goes(figure, thread).isDisabled());
      await button(figure, "Undo").click();
      assert.match(await says(figure).textContent(), /Who goes now\?/);
      await button(figure, "From the beginning").click();
      assert.equal(await figure.locator(".p-history li").count(), 0);
      assert.equal(await figure.locator(".p-map circle").count(), await page.evaluate((index) => Player.all.get("lose_the_wake_up").player.games[index].game.graph.positions.length, index));
    }
  }));

test("whoever can go may go, until both have ended", () =>
  visiting("", {}, async (page, player) => {
    const figure = player("lose_the_wake_up");
    await figure.getByLabel("With it", { exact: true }).check();
    const press = async () => {
      const reactor = goes(figure, 1);
      await ((await reactor.isEnabled()) ? reactor : goes(figure, 0)).click();
    };
    for (let i = 0; i < 40 && !(await says(figure).textContent()).startsWith("Both have ended."); ++i) await press();
    assert.match(await says(figure).textContent(), /^Both have ended\./);
    assert.match(await says(figure).textContent(), /you will not get there/);
    const reached = await page.evaluate(() => Player.all.get("lose_the_wake_up").player.games.map(({ game }) => {
      // Each position, by the buttons' own ways.
      const ways = new Map([[0, ""]]);
      for (const [, schedule] of ways) {
        game.play(schedule);
        for (const thread of [0, 1]) {
          if (!game.can(thread)) continue;
          game.go(thread);
          const { position } = game.path.at(-1);
          if (!ways.has(position)) ways.set(position, schedule + thread);
          game.undo();
        }
      }
      return [ways.size, game.graph.positions.length, game.seen.size];
    }));
    for (const [ways, positions, seen] of reached) assert.deepEqual([ways, seen], [positions, positions]);
  }));

test("each step of a game is said in words, before it is taken and after", () =>
  visiting("", {}, async (page) => {
    const wrong = await page.evaluate(() => {
      const { player, figure } = Player.all.get("lose_the_wake_up");
      const text = (what) => figure.querySelector(what).textContent;
      return player.games.flatMap(({ game }, index) => {
        // Each position by its shortest way, and from it each step.
        const ways = new Map([[0, ""]]);
        const wrong = [];
        for (const [, way] of ways) {
          for (const thread of [0, 1]) {
            player.open(`${index}${way}`);
            if (!game.can(thread)) continue;
            const { means, statement } = game.nextOf(thread);
            const [, , came] = game.now.to[thread];
            const next = [text(`.p-by${thread} .p-means`), text(`.p-by${thread} .p-step`).replace(/\s+/g, " ")];
            game.go(thread);
            player.draw();
            const after = [game.over || text(".p-says"), text(".p-history li:last-child")];
            const { position } = game.path.at(-1);
            if (!ways.has(position)) ways.set(position, way + thread);
            if (!means || !came || next[0] !== `${means}.` || next[1] !== statement.replace(/\s+/g, " ") || !after.every((said) => said === game.over || said.includes(`${means}: ${came}.`)))
              wrong.push([index, way, thread, next, after]);
          }
        }
        return wrong;
      });
    });
    assert.deepEqual(wrong, []);
  }));

test("the line that is left out is struck through where it stood", () =>
  visiting("#lose_the_wake_up:t=200", {}, async (page, player) => {
    const figure = player("lose_the_wake_up");
    assert.equal(await figure.locator(".p-by0 del").textContent(), "before / kTick == observed.word_ / kTick &&");
    const line = "while (before / kTick == observed.word_ / kTick && !word_.compare_exchange_weak(…)) {}";
    assert.ok((await figure.locator(".p-about").textContent()).endsWith(line));
    assert.equal(await figure.locator(".p-about del").count(), 1);
    await figure.getByLabel("With the tick", { exact: true }).check();
    for (const thread of "00") await goes(figure, thread).click();
    assert.match(await figure.locator(".p-by0 .p-step").textContent(), /before \/ kTick == observed.word_ \/ kTick &&/);
    assert.equal(await figure.locator("del").count(), 0);
    assert.ok((await figure.locator(".p-about").textContent()).endsWith(line));
  }));

test("on the map the task goes to the right and the reactor down, and no two positions lie on each other", () =>
  visiting("", {}, async (page) => {
    const wrong = await page.evaluate(() => Player.all.get("lose_the_wake_up").player.games.flatMap(({ game, map }, index) => {
      const wrong = [];
      const places = [...map.places.values()];
      places.forEach(([x, y], number) => places.slice(0, number).forEach(([a, b]) => Math.hypot(x - a, y - b) < 8.5 && wrong.push([index, x, y, a, b])));
      game.graph.positions.forEach(({ to }, number) => to.forEach((there, thread) => {
        if (!there) return;
        const [from, into] = [map.places.get(number), map.places.get(there[0])];
        if (into[thread] <= from[thread]) wrong.push([index, number, thread, from, into]);
      }));
      return wrong;
    }));
    assert.deepEqual(wrong, []);
  }));

test("on a laptop the game's map is to be seen with its buttons", () =>
  visiting("#lose_the_wake_up:t=20010", { viewport: { width: 1280, height: 800 } }, async (page, player) => {
    await page.addStyleTag({ content: "main { max-width: 800px }" });
    const figure = player("lose_the_wake_up");
    await figure.locator(".p-box").evaluate((box) => box.scrollIntoView());
    const { y, height } = await figure.locator(".p-map").boundingBox();
    assert.ok(y + height <= 800, `${y + height}`);
  }));

test("the last step of a game stays in sight when the window becomes narrow", () =>
  visiting("#lose_the_wake_up:t=200101010", { viewport: { width: 1280, height: 800 } }, async (page, player) => {
    const figure = player("lose_the_wake_up");
    await page.setViewportSize(phone.viewport);
    await page.waitForFunction(() => {
      const list = document.querySelector(".p-game .p-history");
      return list.scrollHeight > list.clientHeight && list.lastElementChild.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1;
    });
    assert.ok(await figure.locator(".p-keys").isVisible());
  }));

test("where there is only a finger, no keys are named", () =>
  visiting("", { ...phone, hasTouch: true }, async (_, player) => {
    assert.ok(await player("lose_the_wake_up").locator(".p-keys").isHidden());
  }));

test("the shortest way to lose is shown step for step, and can be stopped and taken back", () =>
  visiting("", {}, async (page, player) => {
    await page.clock.install();
    const figure = player("lose_the_wake_up");
    const steps = () => figure.locator(".p-history li").count();
    await button(figure, "Show me one").click();
    assert.equal(await button(figure, "Show me one").count(), 0);
    await page.clock.runFor(4000);
    assert.ok(await steps() > 0);
    assert.doesNotMatch(await says(figure).textContent(), /Who goes/);
    assert.equal(await says(figure).getAttribute("aria-live"), "off");
    await button(figure, "Stop").click();
    assert.match(await says(figure).textContent(), /Who goes now\?/);
    const there = await steps();
    await page.clock.runFor(60_000);
    assert.equal(await steps(), there);
    await button(figure, "Show me one").click();
    await page.clock.runFor(60_000);
    assert.match(await says(figure).textContent(), /^Nobody can go on\./);
    assert.equal(await says(figure).getAttribute("aria-live"), "polite");
    assert.equal(await steps(), 8);
    await button(figure, "Undo").click();
    await page.clock.runFor(60_000);
    assert.equal(await steps(), 7);
  }));

test("what was lost is remembered, and played where it cannot be lost", () =>
  visiting("", {}, async (page, player) => {
    const figure = player("lose_the_wake_up");
    const ways = await page.evaluate(() => {
      const { game } = Player.all.get("lose_the_wake_up").player.games[0];
      const ways = [];
      const walk = (way) => {
        game.play(way);
        if (game.over === "lost") ways.push(way);
        if (game.over || way.length > 10) return;
        for (const thread of [0, 1]) {
          game.play(way);
          if (game.can(thread)) walk(way + thread);
        }
      };
      walk("");
      return ways;
    });
    const other = ways.at(-1);
    assert.ok(ways.length > 1);
    await page.evaluate((other) => { location.hash = `#lose_the_wake_up:t=0${other}`; }, other);
    await figure.getByText("Nobody can go on.").waitFor();
    await button(figure, "From the beginning").click();
    const found = new RegExp(`You have found the one from which nobody can go on, in ${other.length} steps\\.`);
    assert.match(await says(figure).textContent(), found);
    await page.evaluate(() => history.replaceState(null, "", "#"));
    await page.reload();
    assert.equal(await figure.locator(".p-history li").count(), 0);
    assert.match(await says(figure).textContent(), found);
    assert.equal(await button(figure, "Show it again").count(), 1);
    await page.clock.install();
    for (const [title, way] of [["With it", other], ["With the tick", null]]) {
      await figure.getByLabel(title, { exact: true }).check();
      const without = title === "With it" ? "without the second look" : "without the tick";
      await button(figure, `Play the order that lost it ${without}`).click();
      await page.clock.runFor(90_000);
      assert.match(await says(figure).textContent(), new RegExp(`W${without.slice(1)}, this same order lost the wake-up\\. Here ${way ? "somebody can still go on" : "the task has ended before it came to that"}\\.`));
      const played = await page.evaluate(() => Player.all.get("lose_the_wake_up").player.game.schedule);
      if (way) assert.equal(played, way);
    }
  }));

test("the keyboard alone is enough to lose the wake-up, and the keys are named", () =>
  visiting("", {}, async (page, player) => {
    const figure = player("lose_the_wake_up");
    assert.deepEqual(await figure.locator(".p-keys kbd").allTextContents(), ["1", "2", "←", "Home"]);
    await figure.getByLabel("Without the second look", { exact: true }).focus();
    await page.keyboard.press("Tab");
    assert.ok(await hasFocus(goes(figure, 0)));
    for (const key of ["1", "1", "1", "2", "2", "ArrowLeft", "2", "2", "2", "1"]) await page.keyboard.press(key);
    assert.match(await says(figure).textContent(), /^Nobody can go on\./);
    await page.keyboard.press("Home");
    assert.match(await says(figure).textContent(), /Who goes first\?/);
    await goes(figure, 0).focus();
    for (let i = 0; i < 5; ++i) await page.keyboard.press("Enter");
    assert.equal(await figure.locator(".p-history li").count(), 5);
    assert.ok(await hasFocus(goes(figure, 1)));  // as the task sleeps
    await button(figure, "From the beginning").focus();
    await page.keyboard.press("Enter");
    assert.ok(await hasFocus(goes(figure, 0)));
    // Also where the choice has the focus: a key for a step never chooses another one.
    await figure.getByLabel("With it", { exact: true }).click();
    for (const [key, steps] of [["1", 1], ["1", 2], ["2", 3], ["ArrowLeft", 2], ["ArrowLeft", 1], ["ArrowLeft", 0], ["ArrowLeft", 0], ["2", 1], ["Home", 0]]) {
      await page.keyboard.press(key);
      assert.equal(await figure.locator(".p-history li").count(), steps, key);
      assert.ok(await figure.getByLabel("With it", { exact: true }).isChecked());
    }
  }));

test("on a phone what is there and the buttons of both threads are on one screen", () =>
  visiting("#lose_the_wake_up:t=2001", phone, async (page, player) => {
    const figure = player("lose_the_wake_up");
    await says(figure).evaluate((element) => element.scrollIntoView());
    const there = [await figure.locator(".p-shared").boundingBox(), await goes(figure, 0).boundingBox(), await goes(figure, 1).boundingBox()];
    for (const { y, height } of there) assert.ok(y >= 0 && y + height < phone.viewport.height * 0.6, `${y} + ${height}`);
  }));

test("a quiz says what is right, and where the runtime does something else", () =>
  visiting("#quizzes:t=2", {}, async (page, player) => {
    const figure = player("quizzes");
    const { said, polls } = await page.evaluate(() => {
      const { quiz, said } = Player.all.get("quizzes").player;
      return { said, polls: quiz.tasks.map((task) => quiz.polls.filter((poll) => poll.task === task.name).length) };
    });
    const choose = async (words) => {
      for (const word of words) await button(figure, word).press("Enter");
    };
    await choose([said[0], said.at(-1)]);
    await figure.getByLabel("polls of task a").fill("9");
    await button(figure, "Is that so?").click();
    assert.match(await says(figure).textContent(), new RegExp(`^Still to be said: ${said.length - 2} of the ${said.length} lines, and a number of polls`));
    await choose(said.slice(1, -1));
    for (const [index, name] of ["b", "c"].entries()) await figure.getByLabel(`polls of task ${name}`).fill(String(polls[index + 1]));
    await button(figure, "Is that so?").click();
    const wrong = await says(figure).textContent();
    assert.ok(wrong.includes(`The first one is right. Place 2 is not ${said.at(-1)}'s`), wrong);
    assert.ok(!wrong.includes(said[1]), wrong);
    assert.ok(wrong.includes("Task a: not 9 polls."), wrong);
    assert.equal(await figure.locator(".p-answer li").count(), 0);
    await button(figure, "Tell me").click();
    assert.ok((await says(figure).textContent()).includes(`Task a: ${polls[0]} polls, not 9.`));
    assert.ok((await says(figure).textContent()).includes(`Then comes ${said[1]}, not ${said.at(-1)}.`));
    assert.match(await figure.locator(".p-answer li").first().textContent(), /polled because it was spawned; then in the queue: b, c$/);
    await button(figure, "Take the last one back").click();
    assert.match(await says(figure).textContent(), /^Question 2 of 8:/);
    for (const _ of said.slice(2)) await button(figure, "Take the last one back").click();
    await choose(said.slice(1));
    await figure.getByLabel("polls of task a").fill(String(polls[0]));
    await button(figure, "Is that so?").click();
    assert.match(await says(figure).textContent(), /^All of it is right\./);
    assert.equal(await figure.locator(".p-answer li").count(), polls.reduce((sum, count) => sum + count));
    await button(figure, "Another one").click();
    assert.match(await says(figure).textContent(), /^Question 3 of/);
    assert.equal(await figure.locator(".p-answer li").count(), 0);
  }));

for (const [name, options] of Object.entries({
  "in the light": { colorScheme: "light" }, "in the dark": { colorScheme: "dark" }, "on a phone": { ...phone, colorScheme: "light" },
})) {
  test(`nothing serious stands in the way of anybody ${name}`, () =>
    visiting("", options, async (page) => {
      await page.evaluate(axe);
      // One of each kind, as axe takes a second for each.
      await page.evaluate(() => ["01_blocking", "02_threads", "03_nonblocking_busy", "05_epoll_level"].forEach((name) => Player.all.get(name).figure.remove()));
      for (const moment of [0, 0.4, 1]) {
        await page.evaluate((moment) => {
          for (const { player } of Player.all.values()) {
            if (player.run) player.go(Math.round(player.run.last * moment));
            else if (player.games) player.open("0" + "00011110".slice(0, Math.round(8 * moment)));
            else player.answer(true);
          }
        }, moment);
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], rules: { "label-content-name-mismatch": { enabled: true } } }));
        const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
        assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]), []);
      }
    }));
}

test("a phone does not have to be scrolled sideways, nor does the page jump, whatever is shown", () =>
  visiting("", phone, async (page) => {
    await comeNear(page);
    const wrong = await page.evaluate(() => {
      const wrong = [];
      for (const [name, { player, figure }] of Player.all) {
        const heights = new Set();
        const steps = (player.cases ?? [player]).flatMap((one) => (one.run ? one.run.steps.map((_, index) => [one, index]) : [[null, 0]]));
        for (const [one, index] of steps) {
          one?.go(index);
          heights.add(Math.round(figure.getBoundingClientRect().height));
          const { scrollWidth, clientWidth } = document.scrollingElement;
          if (scrollWidth > clientWidth) wrong.push(`${name}, ${index}: ${scrollWidth} of ${clientWidth}`);
          for (const place of figure.querySelectorAll(".p-place"))
            if (place.scrollWidth > place.clientWidth) wrong.push(`${name}, ${index}: ${place.textContent} sticks out`);
        }
        if (heights.size > 1) wrong.push(`${name} is ${[...heights]} high`);
      }
      return wrong;
    });
    assert.deepEqual(wrong, []);
  }));

test("the page's own switch decides, whatever the system says", () =>
  visiting("", { colorScheme: "light" }, async (page, player) => {
    const paper = () => player("01_blocking").locator(".p-box").evaluate((box) => getComputedStyle(box).backgroundColor);
    const light = await paper();
    await page.evaluate(() => { document.body.dataset.theme = "dark"; });
    const dark = await paper();
    assert.notEqual(light, dark);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate(() => { document.body.dataset.theme = "light"; });
    assert.equal(await paper(), light);
    await page.evaluate(() => { document.body.dataset.theme = "auto"; });
    assert.equal(await paper(), dark);
  }));

test("who wants less to move has nothing that does", () =>
  visiting("", { reducedMotion: "reduce" }, async (page) => {
    const moves = await page.evaluate(() => [...document.querySelectorAll(".p-box *")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return transitionDuration !== "0s" || animationName !== "none";
    }).length);
    assert.equal(moves, 0);
  }));

test("without scripts, in print and above a player the pictures are there", async () => {
  await visiting("", { javaScriptEnabled: false }, async (page, player) => {
    assert.ok(await player("01_blocking").locator(":scope > img").isVisible());
    assert.equal(await page.locator(".p-box").count(), 0);
  });
  await visiting("", {}, async (page, player) => {
    assert.ok(await player("01_blocking").locator(".p-box").isVisible());
    const [picture, box] = await Promise.all([":scope > img", ".p-box"].map((part) => player("01_blocking").locator(part).boundingBox()));
    assert.ok(picture.height > 100 && picture.y + picture.height <= box.y);
    assert.equal(await player("01_blocking").locator(".p-another").textContent(), "Another run, step by step, in which each client is served for a second.");
    assert.equal(await player("05_epoll_level").locator(".p-another").count(), 0);
    await page.emulateMedia({ media: "print" });
    assert.ok(await player("01_blocking").locator(":scope > img").isVisible());
    assert.ok(!(await player("01_blocking").locator(".p-box").isVisible()));
  });
});

// What is there around two stages in Chromium: the words that differ, the way from change to change and to the text. test.mjs
// has the stages themselves.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const modules = createRequire(join(process.env.MODULES, "any.js"));
const { chromium } = modules("playwright-core");
const book = resolve(process.env.BOOK);
const address = (hash) => pathToFileURL(join(book, "stages.html")).href + hash;
const phone = { width: 390, height: 844 };

let browser, page;
const wrong = [];
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.BROWSER, args: ["--no-sandbox", "--disable-background-networking"] });
  page = await browser.newPage();
  page.on("pageerror", (error) => wrong.push(error.message));
});
after(() => browser?.close());

async function open(hash, viewport = { width: 1280, height: 800 }) {
  await page.setViewportSize(viewport);
  await page.goto("about:blank");
  await page.goto(address(hash));
}
const chosen = () => page.evaluate(() => [...document.querySelectorAll("#stages select")].map(({ value }) => value));
const button = (name) => page.locator("#stages").getByRole("button", { name, exact: true });

test("in a line that differs, only the words that do are marked", async () => {
  await open("#04_poll/server.cpp..05_epoll_level/server.cpp");
  const marks = () => page.locator("#stages tr", { hasText: '#include "epoll.hpp"' }).first().locator("mark").allTextContents();
  assert.deepEqual(await marks(), ["poll", "epoll"]);
  await open("#05_epoll_level/server.cpp..04_poll/server.cpp");
  assert.deepEqual(await marks(), ["epoll", "poll"]);
  assert.equal(await page.locator("#stages td:not(.gone, .new) mark").count(), 0);
});

test("another file keeps the chapters, where they have it", async () => {
  await open("#03_nonblocking_busy/server.cpp..06_epoll_edge/server.cpp");
  await page.getByLabel("File", { exact: true }).selectOption("echo_server.cpp");
  assert.deepEqual(await chosen(), ["echo_server.cpp", "03_nonblocking_busy/echo_server.cpp", "06_epoll_edge/echo_server.cpp"]);
  await page.getByLabel("File", { exact: true }).selectOption("client_server.cpp");  // which those have not
  assert.deepEqual((await chosen()).slice(1), ["01_blocking/client_server.cpp", "02_threads/client_server.cpp"]);
});

for (const viewport of [undefined, phone]) {
  test(`the changes are counted, and there is a way from one to the next${viewport ? " on a phone" : ""}`, async () => {
    await open("#04_poll/echo_server.cpp..05_epoll_level/echo_server.cpp", viewport);
    const at = async () => {
      await page.waitForFunction(() => {
        const { top } = document.querySelector("#stages .at").getBoundingClientRect();
        const [bar, title] = ["#stages .bar", "#stages th"].map((one) => document.querySelector(one).getBoundingClientRect());
        if (innerWidth > 900 && Math.abs(title.top - bar.bottom) > 2 && title.top < bar.bottom) return false; // which side is which
        return top >= (innerWidth > 900 ? title.bottom : bar.bottom) - 1 && top < innerHeight;
      });
      return (await page.locator("#stages .says").textContent()).match(/^Change (\d+) of (\d+)\./).slice(1).map(Number);
    };
    const changed = () => page.locator("#stages .at").evaluate((row) => row.textContent);
    let [first, last] = await at();
    assert.ok(first > 1); // those before are comments, and what is included
    assert.match(await changed(), /bool \w+ = false/);
    while (first > 1) {
      await button("↑ Change before").click();
      assert.deepEqual(await at(), [--first, last]);
      assert.match(await changed(), /\/\/|#include|^\d+\s*\d+\s*$/);
    }
    assert.ok(await button("↑ Change before").isDisabled());
    for (let number = 2; number <= last; ++number) {
      await button("Next change ↓").click();
      assert.deepEqual(await at(), [number, last]);
    }
    assert.ok(await button("Next change ↓").isDisabled());
    await button("↑ Change before").click();
    assert.deepEqual(await at(), [last - 1, last]);
  });
}

test("the two menus are above the two columns, however long the names of the files are", async () => {
  await open("");
  for (const name of await page.locator("#choose-file option").allTextContents()) {
    await page.getByLabel("File", { exact: true }).selectOption(name);
    const [menus, columns] = await page.evaluate(() => ["#choose-before, #choose-after", "#stages th"].map((all) =>
      [...document.querySelectorAll(all)].map((one) => one.getBoundingClientRect())));
    assert.equal(menus[0].top, menus[1].top, name);
    for (const side of [0, 1]) assert.ok(Math.abs(menus[side].left - columns[side].left) < 20, name);
    // What is looked at first is in view, if they differ.
    if (!(await page.locator("#stages .at").count())) continue;
    const { top, bottom } = await page.locator("#stages .at").evaluate((row) => row.getBoundingClientRect());
    assert.ok(top > 0 && bottom < 800, name);
  }
});

test("why there is no stage before, or no more, is said", async () => {
  await open("#01_blocking/echo_server.cpp..02_threads/echo_server.cpp");
  assert.ok(await button("← A stage back").isDisabled());
  assert.equal(await page.locator("#stages .why").textContent(), "01_blocking/echo_server.cpp is the first stage.");
  await button("A stage on →").click();
  assert.ok(!(await page.locator("#stages .why").isVisible()));
  await open("#06_epoll_edge/echo_server.cpp..07_futures_tasks/echo_server.cpp");
  assert.equal(await page.locator("#stages .why").textContent(), "07_futures_tasks/echo_server.cpp is the last one.");
});

test("a line that is too long goes on to the right of where it begins", async () => {
  await open("#04_poll/server.cpp..05_epoll_level/server.cpp", phone);
  const wrong = await page.evaluate(() => [...document.querySelectorAll("#stages td.text:not(.none)")].flatMap((cell) => {
    const range = new Range();
    range.selectNodeContents(cell);
    const rects = [...range.getClientRects()].filter(({ width }) => width > 0);
    const first = Math.min(...rects.map(({ top }) => top));
    const left = (rects) => Math.min(...rects.map(({ left }) => left));
    const [begins, more] = [rects.filter(({ top }) => top < first + 8), rects.filter(({ top }) => top >= first + 8)];
    return more.length && left(more) <= left(begins) ? [cell.textContent] : [];
  }));
  assert.deepEqual(wrong, []);
});

test("there is a way to the text that tells of the two", async () => {
  const links = await page.evaluate(() => Object.values(stages.texts).map(([link]) => link));
  assert.ok(links.length > 12);
  for (const link of links) {
    const [file, anchor] = link.split("#");
    assert.ok(existsSync(join(book, file)), link);
    if (anchor) assert.ok(readFileSync(join(book, file), "utf8").includes(`id="${anchor}"`), link);
  }
  for (const [pair, title] of [["04_poll/echo_server.cpp..05_epoll_level/echo_server.cpp", "05 Epoll, level-triggered: The diff"], ["07_futures_tasks/steps/07_spawn.cpp..07_futures_tasks/steps/09_waker.cpp", "07 Futures and tasks: Step 9: a waker with a name on it"], ["02_threads/client.cpp..04_poll/client.cpp", "04 Poll"]]) {
    await open(`#${pair}`);
    assert.equal(await page.locator("#stages .about a").textContent(), title);
  }
  await page.locator("#stages .about a").click();
  await page.waitForURL(/04-poll\.html$/);
});

test("none of that has been an error to the browser", () => assert.deepEqual(wrong, []));

// The book in Chromium, from a disk, as its readers have it: with a large screen and a telephone, light and dark, with the
// keyboard alone, without scripts. See ../CMakeLists.txt for what runs it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const modules = createRequire(join(process.env.MODULES, "any.js"));
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const book = resolve(process.env.BOOK);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const address = (page) => {
  const [file, rest = ""] = page.split(/(?=[?#])(.*)/s);
  return pathToFileURL(join(book, file)).href + rest;
};

const pages = readdirSync(book).filter((name) => name.endsWith(".html"));
const files = ["files/01_blocking/server.cpp.html", "files/07_futures_tasks/runtime/index.html"];
const everyPage = readdirSync(book, { recursive: true }).filter((name) => name.endsWith(".html"));
const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.BROWSER,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
});
after(() => browser?.close());

const idle = []; // pages that are open already, which is quicker

// Calls `visit` with a page that has no past. Whatever is wrong in its console is a failure.
async function visiting(address, { viewport = desk, colorScheme = "light", reducedMotion = "no-preference" }, visit) {
  const page = idle.pop() ?? (await (await browser.newContext()).newPage());
  page.setDefaultTimeout(60_000); // where all is well, nothing waits so long
  const wrong = [];
  const listeners = {
    console: (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()),
    pageerror: (error) => wrong.push(error.message),
    request: (request) => request.url().startsWith("http") && wrong.push(`asks for ${request.url()}`),
  };
  for (const [event, listener] of Object.entries(listeners)) page.on(event, listener);
  try {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ media: "screen", colorScheme, reducedMotion });
    await page.goto(address);
    await visit(page);
    await page.evaluate(() => localStorage.clear());
    await page.goto("about:blank");
    for (const [event, listener] of Object.entries(listeners)) page.off(event, listener);
    idle.push(page);
  } catch (error) {
    await page.context().close();
    throw error;
  }
  assert.deepEqual(wrong, [], address);
}

const problems = {
  // axe-core's rules for whoever hears a page, or sees little. To look at the contrast of each letter takes long, so it looks at
  // one element of each kind: of those with the same class, colour and size on the same ground.
  async access(page, options) {
    // On a gradient axe-core decides nothing: the shade that says that a line goes on.
    await page.addStyleTag({ content: ".block .highlight pre { background-image: none !important; }" });
    return page.evaluate(async (options) => {
      const seen = new Set();
      const grounds = new Map([[null, ""]]);
      const groundOf = (element) => {
        if (!grounds.has(element)) {
          const { backgroundColor, opacity } = getComputedStyle(element);
          const above = groundOf(element.parentElement);
          const covers = /^rgb\(/.test(backgroundColor) && opacity === "1";
          grounds.set(element, covers ? backgroundColor : `${above} ${backgroundColor} ${opacity}`);
        }
        return grounds.get(element);
      };
      for (const marked of document.querySelectorAll("[data-kind]")) delete marked.dataset.kind;
      for (const element of document.querySelectorAll("body, body *")) {
        if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fontSize, fontWeight, opacity } = getComputedStyle(element);
        const kind = [element.localName, element.className, color, fontSize, fontWeight, opacity, groundOf(element)].join("|");
        if (!seen.has(kind)) element.dataset.kind = "";
        seen.add(kind);
      }
      axe.configure({ rules: [{ id: "color-contrast", selector: "[data-kind]" }] });
      const { violations } = await axe.run(document, { ...options, preload: false, resultTypes: ["violations"] });
      return violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html.slice(0, 200)} ${nodes[0].any[0]?.message ?? ""}`);
    }, options);
  },
  width: (page) =>
    page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.scrollingElement;
      if (scrollWidth > clientWidth) {
        const wide = [...document.querySelectorAll("article *")].find((e) => e.getBoundingClientRect().right > clientWidth + 1);
        return [`${scrollWidth} of ${clientWidth}: ${wide?.outerHTML.slice(0, 120)}`];
      }
      const cut = [...document.querySelectorAll(".console:not(.columns) pre")].filter((pre) => pre.scrollWidth > pre.clientWidth);
      const ends = new Set([...document.querySelectorAll("article section:not(figure section) > :is(p, ul, ol)")].map((one) => one.getBoundingClientRect().right));
      return [...cut.map((pre) => `cut: ${pre.textContent.slice(0, 80)}`), ...(ends.size > 1 ? [`text ends at ${[...ends]}`] : [])];
    }),
  answers: (page) =>
    page.evaluate(() => {
      const found = [...document.querySelectorAll("details")].filter((one) => one.querySelector("summary").textContent === "Answer").flatMap((answer) => {
        const form = answer.previousElementSibling;
        if (!form?.matches("form.predict.asking")) return [`no form: ${answer.textContent.slice(0, 60)}`];
        const wrong = [...answer.querySelectorAll("p")].filter((p) => /^["“]/.test(p.textContent) && p.firstChild.nodeName === "EM");
        form.querySelector("button.choose")?.click();
        const choices = [...form.querySelectorAll(".choices button")].map((button) => button.textContent.trim());
        if (choices.length !== (wrong.length && wrong.length + 1)) return [`${choices.length} choices: ${choices.join(" | ")}`];
        return choices.filter((choice) => !choice || choice.length > 160).map((choice) => `no choice: ${choice}`);
      });
      scrollTo(0, 0); // away from the players, which measure themselves where somebody comes near
      return found;
    }),
};

// Puts into a file's page what the pages of all files have: one word of each kind that a highlighter knows.
function addEveryWord(page) {
  const words = new Map();
  for (const name of everyPage.filter((name) => name.startsWith("files/"))) {
    for (const [span, kind] of readFileSync(join(book, name), "utf8").matchAll(/<span class="(\w+)">[^<\s]+<\/span>/g)) {
      if (!words.has(kind)) words.set(kind, span);
    }
  }
  assert(words.size > 30, `only ${words.size} kinds of words`);
  return page.evaluate((spans) => document.querySelector(".listing .line").insertAdjacentHTML("beforeend", spans), [...words.values()].join(" "));
}

// Each page is opened once, with a desk's screen, light and then dark, and at last with a telephone's; what was found is asked
// for below.
const found = { access: [], width: [], answers: [] };
const note = async (what, name, page, ...more) => {
  for (const problem of await problems[what](page, ...more)) found[what].push(`${name}: ${problem}`);
};

async function examine(name) {
  await visiting(address(name), { reducedMotion: "reduce" }, async (page) => {
    if (name === files[0]) await addEveryWord(page);
    if (name.startsWith("search.html?")) await page.locator("ul.search li").first().waitFor();
    await note("answers", name, page); // from then on there are the choices
    await page.evaluate(axe);
    // What `region` finds is never serious, and it takes long to look.
    await note("access", name, page, { rules: { region: { enabled: false } } });
    await note("width", name, page);
    await page.emulateMedia({ colorScheme: "dark" });
    await note("access", `${name}, dark`, page, { runOnly: ["color-contrast"] });
    await page.setViewportSize(phone);
    await note("width", `${name}, telephone`, page);
  });
}

// The long ones first, and two at once.
test("each page opens without an error", async () => {
  const size = (name) => statSync(join(book, name.replace(/\?.*/, ""))).size;
  const waiting = [...pages, ...files, "search.html?q=epoll"].sort((a, b) => size(a) - size(b));
  const work = async () => {
    while (waiting.length) await examine(waiting.pop());
  };
  await Promise.all([work(), work()]);
});

test("axe-core finds nothing serious on any page, light or dark", () => assert.deepEqual(found.access, []));

test("no page and no line of a terminal has to be scrolled sideways, on a telephone as on a desk, and all text has one measure", () => assert.deepEqual(found.width, []));

test("each folded answer asks first, and lets choose where it names wrong ones", () => assert.deepEqual(found.answers, []));

// The others do not need one another, so two of them run at once.
describe("what a reader does", { concurrency: 2 }, () => {

test("each link leads somewhere", () => {
  const anchors = new Map();
  const anchorsOf = (file) => {
    if (!anchors.has(file)) {
      const text = readFileSync(file, "utf8");
      anchors.set(file, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1])));
    }
    return anchors.get(file);
  };
  const broken = [];
  let ranges = 0;
  for (const name of everyPage) {
    const here = join(book, name);
    const text = readFileSync(here, "utf8").replace(/(<script\b[^>]*>).*?<\/script>/gs, "$1");
    for (const [, link] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(https?|mailto|data):/.test(link) || link === "#") continue;
      const [path, anchor] = link.replace(/\?[^#]*/, "").split("#");
      const [, last] = /\?L\d+-(L\d+)#/.exec(link) ?? [];
      const there = path ? resolve(dirname(here), decodeURIComponent(path)) : here;
      if (!existsSync(there) || !statSync(there).isFile()) broken.push(`${name}: ${link}`);
      else if (anchor && there.endsWith("stages.html")) continue; // see the tests of that page
      else if (anchor && ![anchor, last ?? anchor].every((one) => anchorsOf(there).has(decodeURIComponent(one)))) broken.push(`${name}: ${link}`);
      if (last) ++ranges;
    }
  }
  assert.deepEqual(broken, []);
  assert(everyPage.length > 500 && ranges > 200);
});

test("a quotation's caption leads to its lines in its file", () =>
  visiting(address("05-epoll-level-triggered.html"), {}, async (page) => {
    const quotation = page.locator(".quotation").first();
    const code = (await quotation.locator("pre").innerText()).trimEnd().split("\n").map((line) => line.trim());
    await quotation.locator(".caption a").last().click();
    const lit = page.locator(".line.in-range");
    await lit.first().waitFor();
    assert.deepEqual((await lit.allInnerTexts()).map((line) => line.replace(/^\d+/, "").trim()), code);
    await page.waitForFunction(() => document.querySelector(".line.in-range").getBoundingClientRect().top < innerHeight / 2);
    assert.match(page.url(), /#L\d+$/); // where the first line is, for whoever has no scripts
    assert.equal(await page.locator(".line:target").innerText(), await lit.first().innerText());
    await page.locator(".line > a").first().click();
    await lit.first().waitFor({ state: "detached" });
  }));

test("the first page leads to the players themselves", () =>
  visiting(address("index.html"), {}, async (page) => {
    for (const name of ["the first one", "the last", "Choose which thread goes next"]) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.waitForFunction(() => {
        const title = document.readyState === "complete" && document.querySelector("figure.player:target .p-title");
        const { top } = title ? title.getBoundingClientRect() : {};
        return top >= 0 && top < innerHeight / 4;
      });
      await page.goBack();
    }
    const costs = await page.locator(".all-pages li").evaluateAll((items) => items.map((item) => item.innerText.split("\n").filter(Boolean).length));
    assert.deepEqual(new Set(costs), new Set([2]));
  }));

test("the search shows first where a thing is explained, without a server", () =>
  visiting(address("search.html?q=thundering+herd"), {}, async (page) => {
    const expected = {
      "lost wake-up": "Every order of events",
      "edge triggered": "06 Epoll, edge-triggered",
      "EAGAIN": "Predict — 03 Nonblocking and busy",
      "cancellation": "Step 11: cancellation is destruction",
      "backpressure": "Between tasks",
      "EPOLLONESHOT": "Run it — 06 Epoll, edge-triggered",
      "slab": "A server for many: broadcast",
      "coroutine frame": "Step 10: the compiler writes the future",
      "say_goodbye": "The diff — 07 Futures and tasks",
      "io_uring": "What hurt: asking first",
      "select loses": "The first one wins",
      "thundering herd": "More than one core",
    };
    const field = page.getByLabel("Search", { exact: true }).first();
    const wrong = [];
    for (const [query, section] of Object.entries(expected)) {
      await field.fill(query);
      const best = await page.locator("ul.search > li").evaluateAll((items) => items.slice(0, 2).map((item) =>
        [item.querySelector("a"), item.querySelector(".of")].filter(Boolean).map((one) => one.textContent).join(" — ")));
      if (!best.some((one) => one.startsWith(section))) wrong.push(`${query}: ${best.join(" | ")}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(await page.locator("ul.search mark").first().innerText(), "thundering herd");
    await page.locator("ul.search a").first().click();
    await page.waitForURL(/\.html(\?seen=1)?#more-than-one-core$/);
    const shown = await page.evaluate(() => document.getElementById(location.hash.slice(1)).closest("section").innerText);
    assert.match(shown, /thundering herd/i);
  }));

test("a link into a long page shows its heading, below the bar of a telephone as well, and the contents mark the place", async () => {
  const [name, anchor] = ["proof.html", "every-order-of-events"];
  for (const viewport of [{ width: 1440, height: 900 }, phone]) {
    await visiting(address(`${name}#${anchor}`), { viewport }, async (page) => {
      await page.waitForFunction((anchor) => {
        const place = document.getElementById(anchor);
        const heading = (place.matches("section") ? place : place.nextElementSibling).querySelector("h2");
        const { left, top, height } = heading.getBoundingClientRect();
        return top >= 0 && top < 150 && heading.contains(document.elementFromPoint(left + 5, top + height / 2));
      }, anchor);
      if (viewport === phone) return;
      await page.locator(`.toc-tree .scroll-current > a[href="#${anchor}"]`).waitFor();
    });
  }
});

test("the next page and the one before are reached with the keyboard", () =>
  visiting(address("03-nonblocking-and-busy.html"), {}, async (page) => {
    for (const [way, there] of [["next", /04-poll\.html$/], ["prev", /03-nonblocking-and-busy\.html$/]]) {
      const link = page.locator(`.related-pages .${way}-page`);
      await link.focus();
      assert.notEqual(await link.evaluate((one) => getComputedStyle(one).outlineStyle), "none");
      await page.keyboard.press("Enter");
      await page.waitForURL(there);
    }
  }));

// What the button of a block puts into the clipboard.
async function copied(page, block) {
  await block.locator("button.copybtn").click();
  await page.evaluate(() => {
    const field = document.body.appendChild(document.createElement("textarea"));
    field.id = "pasted";
    field.focus();
  });
  await page.keyboard.press("Control+V");
  const text = await page.locator("#pasted").inputValue();
  await page.locator("#pasted").evaluate((field) => field.remove());
  return text.trimEnd();
}

test("copied are commands without their prompt and what they print, and code as it is", () =>
  visiting(address("01-blocking.html"), {}, async (page) => {
    const console = page.locator(".console", { hasText: "ulimit -c 0" }).first();
    assert.equal(await copied(page, console), "ulimit -c 0\nbuild/01_blocking/four_calls\necho $?");
    const places = await console.evaluate((block) => [block.querySelector(".copybtn"), block.querySelector("pre")].map((one) => one.getBoundingClientRect()));
    assert(places[0].bottom <= places[1].top, "a button over a line");
    const output = page.locator(".console:not(.commands)").first();
    assert.equal(await output.locator("button.copybtn").count(), 0);
    const quotation = page.locator(".quotation").first();
    const source = readFileSync(join(root, "01_blocking/four_calls.cpp"), "utf8");
    assert.equal(await copied(page, quotation), source.trimEnd());
  }));

test("a picture has a version for each background, and the reader may choose against the system", async () => {
  const shown = (page) =>
    page.evaluate(() => ({
      pictures: [...new Set([...document.querySelectorAll("figure:not(.player) img")].filter((i) => i.offsetParent)
        .map((i) => i.src.match(/light|dark/)[0]))],
      dark: getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((n) => n < 80),
    }));
  for (const colorScheme of ["light", "dark"]) {
    await visiting(address("proof.html"), { colorScheme }, async (page) => {
      assert.deepEqual(await shown(page), { pictures: [colorScheme], dark: colorScheme === "dark" });
      await page.locator(".theme-toggle").filter({ visible: true }).first().click();
      const other = colorScheme === "dark" ? "light" : "dark";
      assert.deepEqual(await shown(page), { pictures: [other], dark: other === "dark" });
    });
  }
});

test("with the keyboard alone a prediction is written, and compared with the answer", () =>
  visiting(address("01-blocking.html"), {}, async (page) => {
    const focus = () => page.evaluate(() => document.activeElement.outerHTML.slice(0, 80));
    for (let i = 0; !(await focus()).startsWith("<textarea"); ++i) {
      assert(i < 100, "no way there");
      await page.keyboard.press("Tab");
    }
    const form = page.locator("form.predict").first();
    const answer = page.locator("details").first();
    assert(!(await answer.isVisible()));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await form.getByRole("status").innerText(), "Write something first, or unfold without an answer.");
    assert(!(await answer.isVisible()));
    await page.keyboard.type("half a line, or so");
    await page.keyboard.press("Enter");
    assert(await answer.getByText("the call").or(answer.locator("p")).first().isVisible());
    assert.match(await form.innerText(), /You wrote: half a line, or so/);
    assert.match(await focus(), /^<summary/);
    assert.equal(await page.locator("form.predict .hint:not(:empty)").count(), 0);

    await page.reload();
    assert.match(await form.innerText(), /You wrote: half a line, or so/);
    assert(await answer.locator("p").first().isVisible());
    await form.getByRole("button", { name: "Ask me again" }).click();
    assert(!(await answer.isVisible()));
    assert.match(await focus(), /^<textarea/);
  }));

test("a long prediction is not cut, and may have lines", () =>
  visiting(address("01-blocking.html"), {}, async (page) => {
    const form = page.locator("form.predict").first();
    const field = form.getByRole("textbox");
    const size = () => field.evaluate((one) => {
      const { paddingLeft } = getComputedStyle(one.form);
      return { height: one.offsetHeight, hidden: one.scrollHeight - one.clientHeight, beside: one.form.clientWidth - one.offsetWidth - 2 * parseFloat(paddingLeft) };
    });
    const empty = await size();
    assert(Math.abs(empty.beside) < 1);
    await field.focus();
    await page.keyboard.insertText("The last thing on the screen is the line of listen, or it is half of a line. ".repeat(3));
    const long = await size();
    assert(long.height > empty.height && long.hidden <= 0, JSON.stringify(long));
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("No.");
    assert((await size()).height > long.height);
    await page.keyboard.press("Enter");
    assert.match(await form.innerText(), /half of a line\. \nNo\./);
  }));

test("there is a choice for whoever asks for one", () =>
  visiting(address("02-threads.html"), {}, async (page) => {
    const form = page.locator("form.predict").first();
    const choices = form.locator(".choices button");
    const ask = form.getByRole("button", { name: "Give me a choice" });
    assert.equal(await choices.count(), 0);
    await ask.click();
    assert((await choices.count()) > 2);
    assert.equal(await page.evaluate(() => document.activeElement.closest(".choices") !== null), true);
    await page.reload();
    assert((await choices.count()) > 2);
    assert.equal(await ask.count(), 0);
    const one = await choices.first().innerText();
    await form.getByRole("textbox").fill(` ${one.toLowerCase()}.`);
    await page.keyboard.press("Enter");
    assert.equal((await form.innerText()).split("\n")[0], `You chose: ${one}`);
    assert.equal(await page.locator("details .chosen").count(), 1);
    await form.getByRole("button", { name: "Ask me again" }).click();
    assert.equal(await choices.count(), 0);
    assert(await ask.isVisible());
  }));

test("who chooses sees which is the answer, and why what was chosen is likely", () =>
  visiting(address("02-threads.html"), {}, async (page) => {
    const form = page.locator("form.predict").first();
    const chosen = page.locator("details .chosen");
    const says = (paragraph) => paragraph.evaluate((one) => getComputedStyle(one, "::before").content.slice(1, -1).trim());
    const choose = async (name) => {
      await form.getByRole("button", { name: "Give me a choice" }).click();
      await form.getByRole("button", { name, exact: true }).click();
    };
    const paragraphs = await page.locator("details").first().locator("> p").evaluateAll((all) => all.map((one) => one.textContent));
    const wrong = paragraphs.map((text) => /^["“](.*?)["”]/.exec(text)?.[1]);
    await choose(wrong.findLast(Boolean));
    assert.equal(await chosen.evaluate((one) => one.textContent), paragraphs[wrong.findLastIndex(Boolean)]);
    assert.equal(await says(chosen), "You chose this.");
    assert.equal(await says(page.locator("details .answer")), "The answer.");
    await form.getByRole("button", { name: "Ask me again" }).click();
    assert.equal(await page.locator("details :is(.chosen, .answer)").count(), 0);
    await choose(paragraphs[0].split(/[.:](?=\s|$)/)[0]);
    assert.equal(await says(chosen), "The answer. You chose this.");
  }));

test("what came in a terminal is covered until its question has an answer, and takes the same room", () =>
  visiting(address("02-threads.html"), {}, async (page) => {
    const form = page.locator("form.predict").first();
    const client = page.locator(".console", { hasText: "time build/02_threads/client" }).first();
    const server = page.locator(".console", { hasText: "wall=" }).first();
    // What can be seen of a terminal, and is heard.
    const seen = (terminal) => terminal.locator(".line").evaluateAll((lines) =>
      lines.filter((line) => line.checkVisibility({ visibilityProperty: true })).map((line) => line.textContent.trim()).join("|"));
    const height = () => page.evaluate(() => document.querySelector("article").offsetHeight);
    assert.equal(await seen(client), "$ time build/02_threads/client|...");
    assert.doesNotMatch(await seen(server), /wall=/);
    assert.equal(await copied(page, client), "time build/02_threads/client");
    const covered = await height();
    await client.getByRole("button", { name: "Show what came" }).first().click();
    assert.match(await seen(client), /real/);
    assert.doesNotMatch(await seen(server), /wall=/);
    assert.equal(await height(), covered);
    await form.getByRole("button", { name: "Unfold without an answer" }).click();
    assert.match(await seen(server), /wall=/);
    await page.reload();
    assert.match(await seen(server), /wall=/);
    await form.getByRole("button", { name: "Ask me again" }).click();
    assert.doesNotMatch(await seen(server), /wall=/);
    await page.emulateMedia({ media: "print" });
    assert.match(await seen(server), /wall=/);
    assert.equal(await page.locator(".veil").filter({ visible: true }).count(), 0);
    await page.emulateMedia({ media: "screen" });
    await page.goto(address("02-threads.html?seen=1#run-it-1")); // as from the search
    assert.match(await seen(server), /wall=/);
  }));

test("a sentence that answers a question is covered until the question has its answer", () =>
  visiting(address("01-blocking.html"), {}, async (page) => {
    const place = page.locator(".covered").first();
    const form = page.locator("form.predict").first();
    const text = place.locator("p").first();
    const veil = place.getByRole("button", { name: "Covered until you have answered. Show it" });
    const height = () => place.evaluate((one) => one.offsetHeight);
    const heard = () => text.evaluate((one) => one.checkVisibility({ visibilityProperty: true }));
    const covered = async (is) => {
      assert.equal(await veil.count(), is ? 1 : 0);
      assert.equal(await heard(), !is);
      const selected = await place.evaluate((one) => {
        getSelection().selectAllChildren(one);
        const { length } = getSelection().toString().replace(/Covered until.*it/, "");
        getSelection().removeAllRanges();
        return length;
      });
      assert(is ? selected < 3 : selected > 100, `${selected}`);
    };
    await covered(true);
    const before = await height();
    await veil.click();
    await covered(false);
    assert(before < 80 && before < (await height()), `${before}`);
    assert.equal(await page.evaluate(() => document.activeElement.className), "covered");
    await page.reload();
    await covered(true);
    await page.emulateMedia({ media: "print" });
    assert(await heard() && !(await veil.isVisible()));
    await page.emulateMedia({ media: "screen" });
    await form.getByRole("textbox").fill("nothing");
    await form.getByRole("button", { name: "Compare with the answer" }).click();
    await covered(false);
    await page.reload();
    await covered(false);
    await form.getByRole("button", { name: "Ask me again" }).click();
    await covered(true);
    await page.goto(address("01-blocking.html?seen=1"));
    await covered(false);
  }));

test("what the search has found in a terminal is not covered there", () =>
  visiting(address("search.html?q=EFD_CLOEXEC"), {}, async (page) => {
    await page.locator("ul.search a").first().click();
    await page.waitForURL(/\?seen=1#/);
    const section = await page.evaluate(() => {
      const place = document.querySelector(":target").closest("section");
      return { text: place.innerText, veils: place.querySelectorAll(".veil").length };
    });
    assert.match(section.text, /EFD_CLOEXEC/);
    assert.equal(section.veils, 0);
    assert((await page.locator(".veil").count()) > 0);
  }));

test("the contents are beside the text or behind a button that says so, lead to the top, and nothing lies over the text", () =>
  visiting(address("readme.html"), {}, async (page) => {
    const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const top = page.locator('.toc-tree a[href="#"]');
    const button = page.locator("label[for=__toc]").filter({ visible: true });
    for (const [width, beside] of [[1280, true], [1272, true], [1271, false], [1080, false], [phone.width, false]]) {
      await page.setViewportSize({ width, height: 800 });
      for (const y of [1500, 1400]) { // Furo's way to the top comes after a way up
        await page.evaluate((y) => scrollTo(0, y), y);
        await frames();
      }
      // Of the column of the text all that is on top is text.
      const over = await page.evaluate(() => {
        const article = document.querySelector("article").getBoundingClientRect();
        const header = document.querySelector(".mobile-header").getBoundingClientRect().bottom;
        const wrong = new Set();
        for (let x = article.left + 2; x < article.right; x += 60) {
          for (let y = Math.max(header, 0) + 2; y < innerHeight; y += 24) {
            const found = document.elementFromPoint(x, y);
            if (!found?.closest("article") && !found?.contains(document.querySelector("article"))) wrong.add(found?.outerHTML.slice(0, 80));
          }
        }
        return [...wrong];
      });
      assert.deepEqual(over, [], `${width}`);
      assert.equal(await button.count(), beside ? 0 : 1, `${width}`);
      if (!beside) {
        if (width !== phone.width) assert.equal(await button.evaluate((one) => getComputedStyle(one, "::after").content), '"On this page"');
        await button.click();
      }
      await page.waitForFunction(() => {
        const { left, right } = document.querySelector(".toc-drawer").getBoundingClientRect();
        return left >= 0 && right <= innerWidth;
      });
      if (beside) {
        const [text, contents] = await page.evaluate(() => ["article", ".toc-drawer"].map((one) => document.querySelector(one).getBoundingClientRect()));
        assert(text.right < contents.left && text.width >= 800, `${width}`);
      }
      await page.locator(".toc-tree .scroll-current > a").filter({ visible: true }).first().waitFor();
      await top.click();
      await page.waitForFunction((beside) => scrollY === 0 && (beside || document.querySelector(".toc-drawer").getBoundingClientRect().left >= innerWidth), beside);
    }
  }));

test("without scripts an answer is folded, and the rest is there", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: desk });
  const page = await context.newPage();
  await page.goto(address("01-blocking.html"));
  const answer = page.locator("details").first();
  assert(await answer.locator("summary").isVisible());
  assert(!(await answer.locator("p").first().isVisible()));
  await answer.locator("summary").click();
  assert(await answer.locator("p").first().isVisible());
  assert(await page.locator("figure img.only-light").first().isVisible());
  assert(await page.locator(".came .line").last().isVisible());
  assert(await page.locator(".covered p").first().isVisible());
  await context.close();
});

test("on paper every answer is unfolded, and no form asks", () =>
  visiting(address("01-blocking.html"), {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const folded = await page.locator("details > p").evaluateAll((all) => all.filter((one) => !one.checkVisibility()).length);
    assert.equal(folded, 0);
    assert(!(await page.locator("form.predict").first().isVisible()));
  }));

test("each diff leads to its two files beside each other", async () => {
  const links = pages.flatMap((name) =>
    [...readFileSync(join(book, name), "utf8").matchAll(/href="stages\.html#([^"]+)"/g)].map((match) => match[1]));
  assert(links.length >= 9, `only ${links.length}`);
  await visiting(address(`stages.html#${links[0]}`), {}, async (page) => {
    for (const link of links) {
      await page.evaluate((link) => void (location.hash = link), link);
      await page.waitForFunction((link) => [...document.querySelectorAll("#stages th")].map((one) => one.innerText).join("..") === link, link);
      assert((await page.locator("#stages td.new").count()) > 0);
    }
  });
});

const unfold = (page) => page.evaluate(() => document.querySelectorAll("#stages .folded button").forEach((button) => button.click()));
// The text of both sides, with all that is folded.
const sides = async (page) => {
  await unfold(page);
  return page.evaluate(() => {
    const side = (n) =>
      [...document.querySelectorAll("#stages tbody tr")].map((row) => row.cells[n]).filter((cell) => !cell.matches(".none"))
        .map((cell) => cell.textContent.trimEnd());
    return [side(1), side(3)];
  });
};
const source = (path) => readFileSync(join(root, path), "utf8").trimEnd().split("\n");

test("any two stages stand beside each other as they are in their files, and only what differs is marked", () =>
  visiting(address("stages.html"), {}, async (page) => {
    const [group, old, next] = ["File", "Before", "After"].map((label) => page.getByLabel(label, { exact: true }));
    await group.selectOption("echo_server.cpp");
    for (const [before, after] of [["01_blocking", "07_futures_tasks"], ["06_epoll_edge", "02_threads"], ["04_poll", "05_epoll_level"]]) {
      await old.selectOption(`${before}/echo_server.cpp`);
      await next.selectOption(`${after}/echo_server.cpp`);
      assert.deepEqual(await sides(page), [source(`${before}/echo_server.cpp`), source(`${after}/echo_server.cpp`)]);
      const marked = await page.locator("#stages tbody tr").evaluateAll((rows) =>
        rows.filter((row) => !row.cells[1].matches(".gone, .none") && row.cells[1].textContent !== row.cells[3].textContent).length);
      assert.equal(marked, 0);
      assert.match(page.url(), new RegExp(`#${before}/echo_server.cpp..${after}/echo_server.cpp$`));
    }
    await group.selectOption("the steps of 07");
    await page.getByRole("button", { name: "A stage on" }).click();
    const titles = await page.locator("#stages th").allInnerTexts();
    assert.deepEqual(titles, ["07_futures_tasks/steps/02_join_all.cpp", "07_futures_tasks/steps/03_sleep.cpp"]);
  }));

test("on a telephone the two stages are one column, what is gone above what is new", () =>
  visiting(address("stages.html#03_nonblocking_busy/server.cpp..04_poll/server.cpp"), { viewport: phone }, async (page) => {
    await unfold(page);
    const rows = await page.locator("#stages tbody tr").evaluateAll((all) =>
      all.map((row) => [row.cells.length, row.cells[1].className, row.cells[1].textContent.trimEnd()]));
    assert(rows.every(([cells]) => cells === 2));
    const side = (without) => rows.filter(([, kind]) => !kind.includes(without)).map(([, , text]) => text);
    assert.deepEqual(side("new"), source("03_nonblocking_busy/server.cpp"));
    assert.deepEqual(side("gone"), source("04_poll/server.cpp"));
    assert.deepEqual(await problems.width(page), []);
  }));

});

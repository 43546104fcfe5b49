// A chart of what was used by day and model: stacked bars, and the same as a table for whoever cannot or would rather not
// read bars. What is written stands beside the drawing and not in it, so that it keeps its size when the drawing is scaled.

import { element } from "/assets/elements.js";

const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86_400_000;
const HEIGHT = 100, BAR = 10, GAP = 3;
const COLOURS = 5; // the stylesheet's; the last one is for all further models together
const OTHERS = "other models";
const whole = new Intl.NumberFormat();
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const long = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** The figure of an answer of `list_credit_usage`. */
export function chartOf({ since, until, items }) {
  const costs = items.some(({ credits }) => credits > 0);
  const measure = costs ? "credits" : "tokens"; // of models that cost nothing, what they took
  const sizeOf = (item) => (costs ? item.credits : item.prompt_tokens + item.completion_tokens);
  const models = seriesOf(items, sizeOf);
  const days = daysOf(since, until).map((day) => ({ day, parts: partsOf(items.filter((item) => item.day === day), models, sizeOf) }));
  const most = Math.max(1, ...days.map(({ parts }) => parts.reduce((sum, { size }) => sum + size, 0)));
  const total = items.reduce((sum, item) => sum + sizeOf(item), 0);
  const said = `${whole.format(total)} ${measure} from ${long.format(new Date(since))} to ${long.format(new Date(until))}, at most ${whole.format(most)} on a day. The table below has every day.`;
  return element("figure", { class: "chart" },
    element("figcaption", {}, `${whole.format(total)} ${measure} in ${days.length} days`),
    element("p", { class: "chart-most", "aria-hidden": "true" }, whole.format(most)),
    drawing(days, most, measure, said),
    element("div", { class: "chart-days", "aria-hidden": "true" }, element("span", {}, short.format(new Date(since))), element("span", {}, short.format(new Date(until)))),
    legend(models, measure),
    table(items));
}

/** The models, those that took most first, each with its colour; what is beyond the colours is one. */
function seriesOf(items, sizeOf) {
  const sizes = new Map();
  for (const item of items) sizes.set(item.model, (sizes.get(item.model) ?? 0) + sizeOf(item));
  const sorted = [...sizes].map(([name, size]) => ({ name, size })).sort((one, other) => other.size - one.size);
  const rest = sorted.length > COLOURS ? sorted.splice(COLOURS - 1) : [];
  if (rest.length) sorted.push({ name: OTHERS, size: rest.reduce((sum, { size }) => sum + size, 0) });
  return sorted.map((each, index) => ({ ...each, colour: `chart-colour-${index + 1}` }));
}

function partsOf(ofDay, models, sizeOf) {
  const shown = new Set(models.map(({ name }) => name));
  return models.map(({ name, colour }) => ({
    name,
    colour,
    size: ofDay.filter(({ model }) => (shown.has(model) ? model : OTHERS) === name).reduce((sum, item) => sum + sizeOf(item), 0),
  })).filter(({ size }) => size > 0);
}

function daysOf(since, until) {
  const days = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

function drawing(days, most, measure, said) {
  const svg = drawn("svg", { viewBox: `0 0 ${days.length * (BAR + GAP) - GAP} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said });
  days.forEach(({ day, parts }, index) => {
    let top = HEIGHT;
    for (const { name, colour, size } of parts) {
      const height = (size / most) * HEIGHT;
      top -= height;
      const bar = drawn("rect", { x: index * (BAR + GAP), y: top, width: BAR, height, class: colour });
      const title = drawn("title");
      title.append(`${long.format(new Date(day))}, ${name}: ${whole.format(size)} ${measure}`);
      bar.append(title);
      svg.append(bar);
    }
  });
  return svg;
}

function drawn(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function legend(models, measure) {
  return element("ul", { class: "chart-legend", "aria-label": "By model" }, ...models.map(({ name, size, colour }) => {
    const swatch = drawn("svg", { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" });
    swatch.append(drawn("rect", { width: 10, height: 10, rx: 2, class: colour }));
    return element("li", {}, swatch, element("span", {}, name), element("span", { class: "hint" }, `${whole.format(size)} ${measure}`));
  }));
}

function table(items) {
  const head = ["Day", "Model", "Calls", "Asked", "Answered", "Credits"].map((name, index) => element("th", { scope: "col", class: index > 1 ? "number" : null }, name));
  const rows = items.map(({ day, model, calls, prompt_tokens: asked, completion_tokens: answered, credits }) => element("tr", {},
    element("th", { scope: "row" }, element("time", { datetime: day }, long.format(new Date(day)))),
    element("td", {}, model),
    ...[calls, asked, answered, credits].map((value) => element("td", { class: "number" }, whole.format(value)))));
  return element("details", {},
    element("summary", {}, "As a table"),
    element("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Use by day and model" },
      element("table", {}, element("caption", { class: "visually-hidden" }, "Use by day (UTC) and model, asked and answered in tokens"), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows))));
}

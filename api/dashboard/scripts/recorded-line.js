// The quiet line at the end of every page: which operations it called, and what each of them records, from the contract.

import { recorded, stored } from "/assets/collected.js";
import { byId, element } from "/assets/elements.js";

/** Writes the line anew for the calls made so far. */
export function showRecorded(contract) {
  const kept = [];
  const silent = [];
  for (const name of contract.called) {
    const operation = contract.operation(name);
    const sentences = !contract.succeeded(name) ? [] : [
      ...recorded(contract.tree, operation["x-collect"]).map((sentence) => `records ${sentence}`),
      ...stored(contract.tree, operation["x-stores"]).map((sentence) => `stores ${sentence}`),
    ];
    if (sentences.length) kept.push([name, sentences]);
    else silent.push(name);
  }
  byId("recorded-line").replaceChildren("What this page recorded: ", summary(kept));
  const lines = kept.flatMap(([name, sentences]) => sentences.map((sentence) => element("li", {}, element("code", {}, name), ` ${sentence}.`)));
  if (silent.length) lines.push(element("li", {}, ...between(silent), silent.length === 1 ? " records nothing." : " record nothing."));
  byId("recorded").replaceChildren(...lines);
}

function summary(kept) {
  if (!kept.length) return "nothing";
  return kept.map(([name, sentences]) => `${name} ${sentences.join(" and ")}`).join("; ");
}

const between = (names) => names.flatMap((name, index) => (index ? [", ", element("code", {}, name)] : [element("code", {}, name)]));

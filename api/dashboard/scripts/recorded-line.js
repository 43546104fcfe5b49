// The quiet line at the end of every page: which operations it called, and what each of them records, from the contract. Where
// a form waits to be sent it says beforehand what sending it would record.

import { listed, recorded, stored } from "/assets/collected.js";
import { byId, element } from "/assets/elements.js";

/** Writes the line anew for the calls made so far, and for the operations that the page is there to call. */
export function showRecorded(contract, coming = []) {
  const told = contract.called.map((name) => ({ name, words: wordsOf(contract, name, { refused: !contract.succeeded(name) }) }));
  const writing = told.filter(({ words }) => words);
  const silent = told.filter(({ words }) => !words).map(({ name }) => name);
  const ahead = coming.filter((name) => contract.has(name) && !contract.succeeded(name)).map((name) => ({ name, words: wordsOf(contract, name, { ahead: true }) })).filter(({ words }) => words);
  byId("recorded-line").replaceChildren("What this page recorded: ", summary(writing, ahead));
  byId("recorded").replaceChildren(
    ...[...writing, ...ahead].map(({ name, words }) => element("li", {}, element("code", {}, name), ` ${words}.`)),
    ...(silent.length ? [element("li", {}, ...between(silent), silent.length === 1 ? " records nothing." : " record nothing.")] : []));
}

function wordsOf(contract, name, { refused = false, ahead = false }) {
  const operation = contract.operation(name);
  const about = refused ? [] : recorded(contract.tree, operation["x-collect"]);
  const rows = stored(contract.tree, operation["x-stores"], { refused });
  const [records, stores] = ahead ? ["would record", "would store"] : refused ? ["", "was refused and may have stored"] : ["records", "stores"];
  return [...about.map((sentence) => `${records} ${sentence}`), ...(rows.length ? [`${stores} ${listed(rows)}`] : [])].join(" and ");
}

function summary(writing, ahead) {
  const done = writing.map(({ name, words }) => `${name} ${words}`).join("; ");
  if (!ahead.length) return done || "nothing";
  return `${done || "nothing yet"}; ${listed(ahead.map(({ name }) => name))} would (open this line to see what)`;
}

const between = (names) => names.flatMap((name, index) => (index ? [", ", element("code", {}, name)] : [element("code", {}, name)]));

// How an instance stands, as a word with a colour: both say it, so that neither has to be seen.

import { element } from "/assets/elements.js";

const STATES = {
  active: ["active", "tag-good"],
  stale: ["silent", "tag-warning"],
  archived: ["archived", ""],
};

/** A tag for the state that the contract names. */
export function standingTag(state) {
  const [word, kind] = STATES[state] ?? [state, ""];
  return element("span", { class: `tag ${kind}` }, word);
}

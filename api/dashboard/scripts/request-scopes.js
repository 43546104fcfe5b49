// The scopes that a request asks for, in plain words, with the choice where the person has one.

import { element } from "/assets/elements.js";
import { requirementOf, wordsOf } from "/assets/scope-words.js";

/** Fills a list from `[{ name, requirement }]` of the contract. */
export function showScopes(list, scopes) {
  list.replaceChildren(...scopes.map(scopeItem));
}

/** The scopes to grant, as the contract takes them: the required ones and those optional ones that are ticked. */
export function chosenScopes(list) {
  return [...list.querySelectorAll("li")]
    .filter((item) => item.dataset.requirement === "required" || item.querySelector("input")?.checked)
    .map((item) => item.dataset.scope)
    .join(" ");
}

function scopeItem({ name, requirement }, index) {
  const item = element("li", { "data-scope": name, "data-requirement": requirement });
  const tag = element("span", { class: "tag" }, requirementOf(requirement));
  if (requirement === "optional") {
    const id = `scope-${index}`;
    item.append(element("input", { type: "checkbox", id, checked: true }), element("label", { for: id }, wordsOf(name)), tag);
  } else {
    const marker = element("span", { class: "marker", "aria-hidden": "true" }, requirement === "required" ? "✓" : "–");
    item.append(marker, element("span", { class: "scope-words" }, wordsOf(name)), tag);
  }
  item.append(element("span", { class: "scope-name" }, name));
  return item;
}

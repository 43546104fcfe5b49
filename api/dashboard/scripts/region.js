// A part of a page that is filled from a list of the contract: while it loads, when it is empty, when it fails, and page by
// page when it is long.

import { Refusal } from "/assets/contract.js";
import { element } from "/assets/elements.js";
import { SignedOut } from "/assets/session.js";

/** A list in an element of the page. */
export class Region {
  #place; #load; #row; #empty; #list = null;

  /**
   * `load(cursor)` resolves to a page of the contract, `{ items, next_cursor }`, or to a list that has one page; `row(item)`
   * makes a <li>, and `empty()` what stands there when there is nothing.
   */
  constructor(place, { load, row, empty }) {
    this.#place = place;
    this.#load = load;
    this.#row = row;
    this.#empty = empty;
  }

  /** Shows the list from its start. */
  async show() {
    this.#list = null;
    this.#place.setAttribute("aria-busy", "true");
    this.#place.replaceChildren(element("p", { class: "loading" }, "Loading…"));
    await this.#more(undefined);
    this.#place.removeAttribute("aria-busy");
  }

  /** Shows the list anew after something in it has changed. What had the focus is gone: the heading of the list has it now. */
  async again() {
    await this.show();
    this.#heading?.focus();
  }

  get #heading() {
    return this.#place.closest("section")?.querySelector("h2");
  }

  /** Puts an item's new row in place of its old one, and the focus on what it can do. */
  replace(old, item) {
    const made = this.#row(item);
    old.replaceWith(made);
    made.querySelector("a, button")?.focus();
  }

  /** Takes a row away whose item is gone. The focus goes to the next one, or to the heading of the list. */
  take(old) {
    const next = old.nextElementSibling ?? old.previousElementSibling;
    old.remove();
    (next?.querySelector("a, button") ?? this.#heading)?.focus();
    if (!next) return this.show();
  }

  async #more(cursor) {
    try {
      const page = await this.#load(cursor);
      const { items, next_cursor: next } = Array.isArray(page) ? { items: page } : page;
      if (!this.#list && !items.length && !next) return this.#place.replaceChildren(this.#empty());
      if (!this.#list) this.#list = element("ul", { class: "rows" });
      const rows = items.map(this.#row);
      this.#list.append(...rows);
      this.#place.replaceChildren(this.#list, ...(next ? [this.#further(next)] : []));
      if (cursor && rows.length) focusOn(rows[0]);
    } catch (failure) {
      if (!(failure instanceof Refusal) || failure instanceof SignedOut) throw failure;
      this.#place.replaceChildren(...(this.#list ? [this.#list] : []), this.#failed(failure, cursor));
    }
  }

  #further(next) {
    const more = element("button", { class: "button button-small button-plain", type: "button" }, "Show more");
    more.addEventListener("click", () => {
      more.disabled = true;
      return this.#more(next);
    });
    return element("footer", {}, more);
  }

  #failed(refusal, cursor) {
    const again = element("button", { class: "button button-small button-plain", type: "button" }, "Try again");
    again.addEventListener("click", () => (cursor ? this.#more(cursor) : this.show()));
    return element("div", { class: "empty", role: "alert" },
      element("strong", {}, "This could not be loaded."), element("p", {}, refusal.message), again);
  }
}

/** Puts the focus on what a row can do, or on the row itself where there is nothing. */
function focusOn(item) {
  const able = item.querySelector("a, button");
  if (!able) item.tabIndex = -1;
  (able ?? item).focus();
}

/** A row of a list: what it is, facts about it, what can be done with it. */
export function row({ title, tags = [], facts = [], actions = [] }) {
  return element("li", {},
    element("div", { class: "row-title" }, title, ...tags),
    element("p", { class: "row-facts" }, ...facts.filter(Boolean).map((fact) => element("span", {}, fact))),
    ...(actions.length ? [element("div", { class: "row-actions" }, ...actions)] : []));
}

/** What stands in place of an empty list. */
export const emptyState = (title, text, ...actions) =>
  element("div", { class: "empty" }, element("strong", {}, title), element("p", {}, text), ...(actions.length ? [element("div", { class: "actions" }, ...actions)] : []));

/** A small button of a row. */
export function rowButton(text, work, { danger = false, label } = {}) {
  const button = element("button", { class: `button button-small ${danger ? "button-danger" : "button-plain"}`, type: "button", "aria-label": label ?? null }, text);
  button.addEventListener("click", work);
  return button;
}

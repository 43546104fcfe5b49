// A list of facts: what each is called, and what it is.

import { element } from "/assets/elements.js";

/** The <dt> and <dd> of rows `[term, value]`, for a <dl class="facts">; rows that are absent (false or null) are left out. */
export const factsOf = (rows) => rows.filter(Boolean).flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]);

/** What is written like code, an id for example. */
export const coded = (text) => element("code", {}, text);

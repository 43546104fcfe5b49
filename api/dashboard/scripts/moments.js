// Times as people say them, with the exact one behind. The contract's times are whole Unix seconds or RFC 3339.

import { element } from "/assets/elements.js";

const STEPS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
// A number always: thirty days from now may still be this month. Only nothing at all has a word, "now".
const counted = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
const named = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

const dateOf = (value) => new Date(typeof value === "number" ? value * 1000 : value);

/** "3 minutes ago", "in 5 days". */
export function ago(value) {
  const seconds = Math.round((dateOf(value) - Date.now()) / 1000);
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1];
  return (seconds ? counted : named).format(Math.trunc(seconds / size), unit);
}

/** A <time> that says how long ago, and exactly when to whoever points at it. */
export const since = (value) => element("time", { datetime: dateOf(value).toISOString(), title: exact.format(dateOf(value)) }, ago(value));

/** A <time> with day and time. */
export const moment = (value) => element("time", { datetime: dateOf(value).toISOString() }, exact.format(dateOf(value)));

/** A <time> with the day alone. */
export const dayOf = (value) => element("time", { datetime: dateOf(value).toISOString(), title: exact.format(dateOf(value)) }, day.format(dateOf(value)));

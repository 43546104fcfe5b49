// How long a credential lasts, as a person chooses it.

import { fieldOf } from "/assets/form.js";

const DAY_S = 86_400;
const CHOICES = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "1 year"], ["", "Until it is revoked"]];

/** The field; its value goes through `secondsOf`. `days` is chosen at first, null for no end. */
export function lifeField({ label, hint, days }) {
  const field = fieldOf({ label, hint, name: "life", options: CHOICES });
  field.querySelector("select").value = days === null ? "" : String(days);
  return field;
}

/** The chosen value in seconds, or null when it does not end by itself. */
export const secondsOf = (life) => (life ? Number(life) * DAY_S : null);

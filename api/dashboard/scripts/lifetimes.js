// How long something that one makes shall work, as choices of a form.

const DAY_S = 86_400;

/** Choices for a select; the empty one never ends. */
export const LIFETIMES = [
  [String(30 * DAY_S), "30 days"],
  [String(90 * DAY_S), "90 days"],
  [String(365 * DAY_S), "1 year"],
  ["", "until it is revoked"],
];

/** The contract's `expires_in_s` for a choice. */
export const secondsOf = (choice) => (choice ? Number(choice) : null);

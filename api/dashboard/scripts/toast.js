// Short messages about what was done. They are announced (role=status), and they go away by themselves: nothing that must be
// read stands in one.

import { byId, element } from "/assets/elements.js";

const SHOWN_MS = 6000;

/** Says one sentence in the corner of the page. */
export function tell(sentence) {
  const toast = element("p", { class: "toast" }, sentence);
  byId("toasts").append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}

// Recovery codes are shown once, one on a line, to be copied or written down.

import { shownOnce } from "/assets/dialog.js";

/** Resolves when the person has put them away. */
export const keepCodes = (codes) => shownOnce({
  title: "Your recovery codes",
  text: "Keep them where you find them without your phone. Each stands in for your second factor one time. They are shown this once.",
  secret: codes.join("\n"),
});

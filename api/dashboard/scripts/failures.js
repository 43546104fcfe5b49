// Shows why something did not work: at the field it is about where there is one, in the section's notice otherwise.

import { byId, element } from "/assets/elements.js";

let countdown = null;

/** Removes every failure shown in a section. */
export function clearFailures(sectionId) {
  clearInterval(countdown);
  byId(`${sectionId}-failure`).hidden = true;
  for (const input of document.querySelectorAll(`#${sectionId} [aria-invalid]`)) {
    input.removeAttribute("aria-invalid");
    byId(`${input.id}-error`).hidden = true;
  }
}

/** Marks a field as wrong, says why beneath it and moves the focus there. */
export function failField(id, message) {
  const shown = byId(`${id}-error`);
  shown.textContent = message;
  shown.hidden = false;
  byId(id).setAttribute("aria-invalid", "true");
  byId(id).focus();
}

/** Shows a refusal in a section's notice; a refusal with a waiting time counts down and keeps the buttons off meanwhile. */
export function failSection(sectionId, title, refusal, buttons = []) {
  const notice = byId(`${sectionId}-failure`);
  const waiting = element("span", { "aria-live": "off" });
  notice.replaceChildren(element("strong", {}, title), refusal.message, " ", waiting);
  if (refusal.requestId) notice.append(element("p", { class: "hint" }, `Request ${refusal.requestId}`));
  notice.hidden = false;
  if (refusal.retryAfter) waitFor(refusal.retryAfter, waiting, buttons);
}

function waitFor(seconds, shown, buttons) {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    for (const button of buttons) button.disabled = left > 0;
    shown.textContent = left > 0 ? `You can try again in ${left > 90 ? `${Math.ceil(left / 60)} minutes` : `${left} s`}.` : "You can try again now.";
    if (left <= 0) clearInterval(countdown);
  };
  clearInterval(countdown);
  countdown = setInterval(tick, 1000);
  tick();
}

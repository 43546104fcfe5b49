// What every form does: it names an empty or malformed field before anything is sent, says that it is at work, and shows a
// refusal at the field that it is about, or above the form.

import { Refusal } from "/assets/contract.js";
import { element } from "/assets/elements.js";
import { SignedOut } from "/assets/session.js";

const SENTENCES = {
  too_many_requests: "Too many tries.",
  store_unavailable: "The server cannot store anything right now.",
};
let made = 0;

/**
 * From now on the form can be sent in, which a page's own could not before: its button is `disabled` in the page, and
 * so is what the Enter key does. Calls `work(values)` when it is; `values` are its named fields as text (check boxes: true or false).
 * `words` says in the form's own words what a refusal's `error` means: `{ field, message }` or a sentence.
 */
export function onSubmit(form, work, { words = {} } = {}) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    clear(form);
    const wrong = [...form.elements].filter((field) => field.name && !field.validity.valid);
    for (const field of wrong.reverse()) failField(field, complaintOf(field));
    if (!wrong.length) await busy(form, () => work(valuesOf(form), event.submitter), words);
  });
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
}

/** A labelled field with its hint and the place for what is wrong with it. `attributes` go to the input. */
export function fieldOf({ label, hint, options, ...attributes }) {
  made += 1;
  const id = `field-${made}`;
  const described = { id, "aria-describedby": hint ? `${id}-hint ${id}-error` : `${id}-error`, ...attributes };
  const input = options
    ? element("select", described, ...options.map(([value, text]) => element("option", { value }, text)))
    : element("input", { type: "text", ...described });
  return element("div", { class: "field" },
    element("label", { for: id }, label), input,
    ...(hint ? [element("p", { class: "hint", id: `${id}-hint` }, hint)] : []),
    element("p", { class: "field-error", id: `${id}-error`, hidden: true }));
}

/** A labelled check box with its hint. */
export function choiceOf({ label, hint, ...attributes }) {
  made += 1;
  const id = `field-${made}`;
  return element("div", { class: "choice" },
    element("input", { type: "checkbox", id, "aria-describedby": hint ? `${id}-hint` : null, ...attributes }),
    element("label", { for: id }, label),
    ...(hint ? [element("p", { class: "hint", id: `${id}-hint` }, hint)] : []));
}

/** Marks a field as wrong, says why beneath it and moves the focus there. */
export function failField(field, message) {
  const shown = document.getElementById(`${field.id}-error`);
  shown.textContent = message;
  shown.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

/** Shows a refusal of something that is no form's, in a notice at the start of `place`; without one, takes it away. */
export function showFailure(place, refusal, { title, buttons = [] } = {}) {
  const notice = noticeIn(place);
  clearInterval(notice.countdown);
  notice.hidden = !refusal;
  if (!refusal) return;
  const waiting = element("span", { "aria-live": "off" });
  const named = title ?? SENTENCES[refusal.error] ?? "That did not work.";
  notice.replaceChildren(element("strong", {}, named), refusal.message, " ", waiting);
  if (refusal.requestId && refusal.status >= 500) notice.append(element("p", { class: "hint" }, `Request ${refusal.requestId}`));
  if (refusal.retryAfter && refusal.status === 429) waitFor(refusal.retryAfter, { notice, waiting, buttons });
}

async function busy(form, work, words) {
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  for (const button of buttons) button.disabled = true;
  form.setAttribute("aria-busy", "true");
  let refusal = null;
  try {
    await work();
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure instanceof SignedOut) throw failure;
    refusal = failure;
  } finally {
    form.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
  if (refusal) place(form, refusal, words, buttons);
}

function place(form, refusal, words, buttons) {
  const said = words[refusal.error];
  if (said?.field && form.elements[said.field]) return failField(form.elements[said.field], said.message ?? refusal.message);
  const placed = refusal.errors.filter(({ pointer, detail }) => {
    const field = form.elements[pointer?.split("/").pop()];
    if (field?.name) failField(field, detail);
    return Boolean(field?.name);
  });
  if (placed.length) return;
  showFailure(form, refusal, { title: typeof said === "string" ? said : undefined, buttons });
  form.querySelector(".notice-error")?.scrollIntoView({ block: "nearest" });
}

function noticeIn(place) {
  let notice = place.querySelector(":scope > [data-failure]");
  if (!notice) {
    notice = element("div", { class: "notice notice-error", role: "alert", "data-failure": true, hidden: true });
    place.prepend(notice);
  }
  return notice;
}

function clear(form) {
  showFailure(form, null);
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id}-error`).hidden = true;
  }
}

function complaintOf(field) {
  if (field.validity.valueMissing) return field.dataset.missing ?? "This is needed.";
  return field.dataset.wrong ?? field.validationMessage;
}

function valuesOf(form) {
  const named = [...form.elements].filter((field) => field.name);
  return Object.fromEntries(named.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
}

function waitFor(seconds, { notice, waiting, buttons }) {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    for (const button of buttons) button.disabled = left > 0;
    waiting.textContent = left > 0 ? `You can try again in ${left > 90 ? `${Math.ceil(left / 60)} minutes` : `${left} s`}.` : "You can try again now.";
    if (left <= 0) clearInterval(notice.countdown);
  };
  notice.countdown = setInterval(tick, 1000);
  tick();
}

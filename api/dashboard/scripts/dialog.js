// Questions that stand above the page: a step that cannot be undone asks once, a secret is shown once.

import { element } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";

let made = 0;

/** Opens a dialog with a title and content; it is removed when it closes. Resolves to what it was closed with. */
function opened(title, tag, ...content) {
  made += 1;
  const id = `dialog-title-${made}`;
  const inside = element(tag, { class: "stack" }, element("h2", { id, tabindex: "-1" }, title), ...content);
  const dialog = element("dialog", { "aria-labelledby": id }, inside);
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, inside, closed };
}

const cancelButton = (text = "Cancel") => element("button", { class: "button button-plain", type: "button", "data-close": true }, text);

function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close(""));
}

/** Asks before `work` is done, which may be slow and may fail; resolves to whether it was done. */
export async function confirmed({ title, text, action, danger = true }, work) {
  const button = element("button", { class: danger ? "button button-danger" : "button", type: "submit" }, action);
  const paragraphs = [text].flat().map((each) => element("p", {}, each));
  const { dialog, inside, closed } = opened(title, "form", ...paragraphs, element("div", { class: "actions actions-end" }, cancelButton(), button));
  closable(dialog);
  onSubmit(inside, async () => {
    await work();
    dialog.close("done");
  });
  return (await closed) === "done";
}

/** Asks for something in fields before `work(values)` is done; resolves to whether it was done. */
export async function askedFor({ title, text, action, fields, words, danger = false }, work) {
  const button = element("button", { class: danger ? "button button-danger" : "button", type: "submit" }, action);
  const { dialog, inside, closed } = opened(title, "form", ...(text ? [element("p", {}, text)] : []), ...fields, element("div", { class: "actions actions-end" }, cancelButton(), button));
  closable(dialog);
  onSubmit(inside, async (values) => {
    await work(values);
    dialog.close("done");
  }, { words });
  inside.querySelector("input, select")?.focus();
  return (await closed) === "done";
}

/** Shows a secret that is shown once, with a button that copies it; resolves when the person has put it away. */
export async function shownOnce({ title, text, secret }) {
  const code = element("code", {}, secret);
  const copy = element("button", { class: "button button-small button-plain", type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
  const { dialog, closed } = opened(title, "div",
    element("p", {}, text),
    element("div", { class: "secret" }, code, copy),
    element("div", { class: "actions actions-end" }, element("button", { class: "button", type: "button", "data-close": true }, "I have kept it")));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  closable(dialog);
  await closed;
}

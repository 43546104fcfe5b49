// What every page has around its content: who is signed in, where one can go, the state in which a sign-in is over, and the
// line that says what the page recorded.
//
// How a page is made. `pages/NAME.html` holds its title, its script, and a <main id="main" tabindex="-1">; the frame is put
// around it (composition.py names the page, operations.py and the contract serve it). `scripts/NAME.js` ends in
//
//     begin(async ({ call, account, contract, main }) => { … }, { person: "needed" });
//
// `person` is "needed" (others are sent to sign in and come back), "welcome" (`account` is null for others) or "ignored".
// `refused` is for the page of what could not be answered. `coming` names the operations that a form of the page is there to call: what they would record is said beforehand.
// `call(operationId, { path, query, body })` calls the contract; a `Refusal` that nobody catches is shown on the page.
// A button of the page's own does something once `begin` has come that far: until then it is `disabled` in the page, or a
// click would be lost; so is a field that the page fills in. Elements are built by `element` (elements.js) from text alone. Forms go through `onSubmit`
// (form.js), lists through `Region` (region.js: loading, empty and error states, further pages), a step that cannot be
// undone through `confirmed` (dialog.js), and what went well is told with `tell` (toast.js).

import { Contract, Refusal } from "/assets/contract.js";
import { byId, element } from "/assets/elements.js";
import { withNext } from "/assets/own-path.js";
import { showRecorded } from "/assets/recorded-line.js";
import { Session, SignedOut } from "/assets/session.js";
import { tell } from "/assets/toast.js";

/** Opens the page: loads the contract, learns who is signed in, then lets the page show itself. */
export async function begin(show, { person = "needed", coming = [], refused = false } = {}) {
  const main = byId("main");
  main.setAttribute("aria-busy", "true");
  markPlace();
  try {
    const contract = await Contract.load();
    contract.countVisits("/assets/{name}", "/openapi.json");
    if (refused) contract.countRefusal(location.pathname);
    else contract.countVisits(location.pathname);
    const caller = person === "ignored" ? contract : new Session(contract);
    const call = async (name, request) => {
      try {
        return await caller.call(name, request);
      } finally {
        showRecorded(contract, coming);
      }
    };
    showRecorded(contract, coming);
    const account = person === "ignored" ? null : await whoIs(call);
    if (person === "needed" && !account) return location.replace(withNext("/sign-in"));
    if (person !== "ignored") showWho(account, call);
    guardAgainstLoss();
    main.removeAttribute("aria-busy");
    await show({ call, account, contract, main });
  } catch (failure) {
    fail(main, failure);
  }
}

async function whoIs(call) {
  try {
    return await call("get_account");
  } catch (failure) {
    if (failure instanceof SignedOut) return null;
    throw failure;
  }
}

function markPlace() {
  for (const link of document.querySelectorAll(".masthead nav a, .places a")) {
    if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "page");
  }
}

function showWho(account, call) {
  document.body.dataset.person = account ? "yes" : "no";
  if (!account) return byId("who").replaceChildren(element("a", { class: "button button-small button-plain", href: withNext("/sign-in") }, "Sign in"));
  const out = element("button", { class: "button button-small button-plain", type: "button" }, "Sign out");
  out.addEventListener("click", async () => {
    out.disabled = true;
    try {
      await call("sign_out");
    } catch (failure) {
      if (!(failure instanceof SignedOut)) {
        out.disabled = false;
        return tell(failure.message);
      }
    }
    location.assign("/sign-in");
  });
  byId("who").replaceChildren(element("span", { class: "name", title: account.email }, account.username), out);
}

/** A sign-in that ends, or a failure that nobody expected, is never silent, wherever in the page it surfaces. */
function guardAgainstLoss() {
  addEventListener("unhandledrejection", (event) => {
    if (event.reason instanceof SignedOut) showExpired();
    else if (event.reason instanceof Refusal) tell(event.reason.message);
    else return;
    event.preventDefault();
  });
}

/** Says that the sign-in is over, above whatever was being done, and how to go on. */
export function showExpired() {
  if (document.querySelector("dialog[data-expired]")) return;
  const dialog = element("dialog", { "data-expired": true, "aria-labelledby": "expired-title" },
    element("div", { class: "stack" },
      element("h2", { id: "expired-title" }, "Your sign-in has ended"),
      element("p", {}, "It ran out, or it was ended from another place. Sign in again to go on; you come back to this page."),
      element("div", { class: "actions actions-end" }, element("a", { class: "button", href: withNext("/sign-in") }, "Sign in again"))));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}

function fail(main, failure) {
  main.removeAttribute("aria-busy");
  if (failure instanceof SignedOut) return showExpired();
  const known = failure instanceof Refusal;
  const again = element("button", { class: "button button-plain", type: "button" }, "Try again");
  again.addEventListener("click", () => location.reload());
  const notice = element("div", { class: "notice notice-error", role: "alert" },
    element("strong", {}, "This page could not be shown."),
    element("p", {}, known ? failure.message : "Something unexpected happened here."),
    known && failure.requestId ? element("p", { class: "hint" }, `Request ${failure.requestId}`) : "");
  main.replaceChildren(element("h1", {}, document.title.split(" · ")[0]), notice, again);
  if (!known) throw failure;
}

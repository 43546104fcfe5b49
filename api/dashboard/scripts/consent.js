// The page to which `authorize` sends a browser (RFC 6749 section 4.1): who asks, for what, and where the answer goes. The
// browser is sent on to the address that the server answers with, and nowhere else: nothing in this page's own address says one.

import { Refusal } from "/assets/contract.js";
import { byId, element, showSection } from "/assets/elements.js";
import { coded, factsOf } from "/assets/facts.js";
import { onSubmit, showFailure } from "/assets/form.js";
import { moment, since } from "/assets/moments.js";
import { showRecorded } from "/assets/recorded-line.js";
import { chosenScopes, showScopes } from "/assets/request-scopes.js";
import { begin } from "/assets/shell.js";

const PLACES = {
  web: { word: "a web site", sentence: (host) => `Your browser then goes to ${host}. Allow it only if you came from there.` },
  loopback: { word: "a program on this computer", sentence: () => "A program on this computer gets the answer. Allow it only if you started it just now." },
  app: { word: "an app on this device", sentence: () => "An app on this device gets the answer. Allow it only if you started it just now." },
};

begin(async ({ call, contract }) => {
  const handle = new URLSearchParams(location.search).get("handle");
  const asking = handle ? await pending(() => call("authorization_information", { query: { handle } })) : null;
  if (!asking) return showSection("gone");
  contract.countVisits("/oauth2/authorize"); // it has stored what is asked for, and sent the browser here
  showRecorded(contract);
  const { redirect } = asking;

  /** Decides, and sends the browser where the answer says; nothing is left to decide on this page. */
  async function decide(operation, title, body) {
    const answer = await pending(() => call(operation, { body: { handle, ...body } }));
    if (!answer) return showSection("gone");
    byId("done-title").textContent = title;
    byId("done-text").textContent = `You are being sent back to ${redirect.host}. If nothing happens, you can close this page.`;
    showSection("done");
    location.replace(answer.redirect_to);
  }

  async function deny(event) {
    const place = event.target.closest("form, section");
    const buttons = [...place.querySelectorAll("button")];
    showFailure(place, null);
    for (const button of buttons) button.disabled = true;
    try {
      await decide("authorization_deny", "Denied");
    } catch (failure) {
      for (const button of buttons) button.disabled = false;
      if (!(failure instanceof Refusal) || failure.status === 401) throw failure;
      showFailure(place, failure);
    }
  }

  for (const button of document.querySelectorAll("[data-deny]")) button.addEventListener("click", deny);
  onSubmit(byId("decision"), () => decide("authorization_approve", "Allowed", { scope: chosenScopes(byId("scopes")) }));
  if (!asking.client.instance) return showSection("unclaimed");
  byId("review-title").textContent = `“${asking.client.instance.name}” wants to sign you in`;
  byId("facts").replaceChildren(...factsOf(aboutRequest(asking)));
  byId("destination").textContent = PLACES[redirect.kind].sentence(redirect.host);
  showScopes(byId("scopes"), asking.scopes);
  showSection("review");
});

/** What the call answers with, or null when there is no such request (any more) for this person. */
async function pending(call) {
  try {
    return await call();
  } catch (failure) {
    if (failure instanceof Refusal && [400, 404].includes(failure.status)) return null;
    throw failure;
  }
}

function aboutRequest({ client, workspace, redirect, requested_at: asked, expires_at: ends }) {
  const { instance } = client;
  return [
    ["Answer goes to", element("span", {}, coded(redirect.host), ` (${PLACES[redirect.kind].word})`)],
    ["Instance", instance.name],
    ["Instance id", coded(instance.id)],
    client.name && client.name !== instance.name && ["Calls itself", client.name],
    workspace && ["Workspace", workspace.name],
    ["Registered", moment(instance.registered_at)],
    ["Asked", since(asked)],
    ["Request ends", since(ends)],
  ];
}

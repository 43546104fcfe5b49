// Where a program that opened the browser is allowed or denied (RFC 6749 section 4.1). What is shown is what the server kept
// of the request; only where the answer goes is an address of somebody else, and the server has checked it.

import { Refusal } from "/assets/contract.js";
import { byId, element, showSection } from "/assets/elements.js";
import { onSubmit, showFailure } from "/assets/form.js";
import { moment, since } from "/assets/moments.js";
import { chosenScopes, showScopes } from "/assets/request-scopes.js";
import { begin } from "/assets/shell.js";

const PLACES = {
  web: (host) => `Allow it only if you want ${host} to act for you. The answer goes there.`,
  loopback: () => "Allow it only if a program on this computer just opened this page. The answer goes to that program.",
  app: (host) => `Allow it only if the app that opens ${host} just opened this page. The answer goes to that app.`,
};

begin(async ({ call }) => {
  const handle = new URLSearchParams(location.search).get("handle") ?? "";
  let information = null;
  try {
    information = await call("authorization_information", { query: { handle } });
  } catch (failure) {
    if (!(failure instanceof Refusal) || ![400, 404].includes(failure.status)) throw failure;
    return showSection("gone");
  }
  const claimed = Boolean(information.client.instance);
  if (claimed) show(information);
  showSection(claimed ? "review" : "unclaimed");

  async function decide(operation, body) {
    try {
      location.replace((await call(operation, { body: { handle, ...body } })).redirect_to);
    } catch (failure) {
      if (!(failure instanceof Refusal) || failure.status !== 404) throw failure;
      showSection("gone");
    }
  }

  onSubmit(byId("decision"), () => decide("authorization_approve", { scope: chosenScopes(byId("scopes")) }));
  for (const button of document.querySelectorAll("[data-deny]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await decide("authorization_deny", {});
      } catch (failure) {
        button.disabled = false;
        if (!(failure instanceof Refusal) || failure.status === 401) throw failure;
        showFailure(button.closest("form, section"), failure);
      }
    });
  }
});

function show({ client, workspace, redirect, scopes, requested_at: requested, expires_at: ends }) {
  const code = (text) => element("span", { class: "code" }, text);
  byId("review-title").textContent = `“${client.instance.name}” wants to act for you`;
  const rows = [
    ["Instance", client.instance.name],
    ["Instance id", code(client.instance.id)],
    ...(client.name ? [["Calls itself", client.name]] : []),
    ...(workspace ? [["Workspace", workspace.name]] : []),
    ["Registered", moment(client.instance.registered_at)],
    ["Asked", since(requested)],
    ["Answer goes to", redirect.kind === "loopback" ? "a program on this computer" : code(redirect.host)],
    ["Request ends", since(ends)],
  ];
  byId("facts").replaceChildren(...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
  byId("destination").textContent = PLACES[redirect.kind](redirect.host);
  showScopes(byId("scopes"), scopes);
}

// Shows what stands behind a code: who asks, from where and since when, and for which scopes.

import { byId, element } from "/assets/elements.js";
import { moment, since } from "/assets/moments.js";
import { showScopes } from "/assets/request-scopes.js";

/** A code as tools show it, however it was typed: two groups of four capitals. */
export const asShown = (typed) => typed.toUpperCase().replace(/[^A-Z0-9]/g, "").replace(/(.{4})(?=.)/g, "$1-");

/** Fills the section that fits a `DeviceInformationPayload` and returns its id: `claim` while the instance is nobody's. */
export function showRequest(information, userCode) {
  const { client, scopes } = information;
  const section = client.instance ? "review" : "claim";
  for (const each of document.querySelectorAll("[data-code]")) each.textContent = userCode;
  for (const each of document.querySelectorAll("[data-elsewhere]")) each.hidden = information.same_address !== false;
  if (client.instance) {
    byId("review-title").textContent = `“${client.instance.name}” wants to sign you in`;
    byId("facts").replaceChildren(...facts(information, userCode));
    showScopes(byId("scopes"), scopes);
  } else {
    byId("claim-facts").replaceChildren(...facts(information, userCode));
    byId("claim-name").value = client.name ?? "";
  }
  return section;
}

function facts(information, userCode) {
  const { client } = information;
  const code = (text) => element("span", { class: "code" }, text);
  const rows = [["Code", code(userCode)]];
  if (client.instance) {
    rows.push(["Instance", client.instance.name], ["Instance id", code(client.instance.id)]);
  } else {
    if (client.name) rows.push(["Calls itself", client.name]);
    rows.push(["Client id", code(client.id)]);
  }
  rows.push(["Registered", moment((client.instance ?? client).registered_at)]);
  if (information.requested_from) rows.push(["Asked from", asking(information, code)]);
  if (information.requested_at) rows.push(["Asked", since(information.requested_at)]);
  if (information.expires_at) rows.push(["Code ends", since(information.expires_at)]);
  return rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]);
}

function asking({ requested_from: from, same_address: same }, code) {
  const tag = same === false ? element("span", { class: "tag tag-warning" }, "not your network") : same ? element("span", { class: "tag tag-good" }, "your network") : "";
  return element("span", {}, code(from), " ", tag);
}

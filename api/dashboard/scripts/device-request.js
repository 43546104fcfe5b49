// Shows what stands behind a code: who asks, and for which scopes, with the choice where the person has one.

import { byId, element } from "/assets/elements.js";
import { requirementOf, wordsOf } from "/assets/scope-words.js";

/** Fills the review section from a `DeviceInformationPayload`. An instance that is not claimed can only be denied. */
export function showRequest(information, userCode) {
  const { client, scopes } = information;
  const claimed = Boolean(client.instance);
  byId("review-title").textContent = claimed ? `“${client.instance.name}” wants to sign you in` : "An unclaimed instance wants to sign you in";
  byId("facts").replaceChildren(...facts(information, userCode));
  byId("scopes").replaceChildren(...scopes.map(scopeItem));
  byId("caution-code").textContent = userCode;
  byId("unclaimed").hidden = claimed;
  byId("caution").hidden = !claimed;
  byId("elsewhere").hidden = information.same_address !== false;
  byId("allow").disabled = !claimed;
  byId("allow").toggleAttribute("data-off", !claimed);
}

/** The scopes to grant, as the contract takes them: the required ones and those optional ones that are ticked. */
export function requestedScopes() {
  return [...byId("scopes").querySelectorAll("li")]
    .filter((item) => item.dataset.requirement === "required" || item.querySelector("input")?.checked)
    .map((item) => item.dataset.scope)
    .join(" ");
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
  if (information.requested_from) rows.push(["Asked from", code(information.requested_from)]);
  if (information.expires_at) rows.push(["Code ends", moment(information.expires_at)]);
  return rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]);
}

function moment(unixSeconds) {
  const at = new Date(unixSeconds * 1000);
  const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" }).format(at);
  return element("time", { datetime: at.toISOString() }, shown);
}

function scopeItem({ name, requirement }, index) {
  const item = element("li", { "data-scope": name, "data-requirement": requirement });
  const tag = element("span", { class: "tag" }, requirementOf(requirement));
  if (requirement === "optional") {
    const id = `scope-${index}`;
    item.append(element("input", { type: "checkbox", id, checked: true }), element("label", { for: id }, wordsOf(name)), tag);
  } else {
    const marker = element("span", { class: "marker", "aria-hidden": "true" }, requirement === "required" ? "✓" : "–");
    item.append(marker, element("span", { class: "scope-words" }, wordsOf(name)), tag);
  }
  item.append(element("span", { class: "scope-name" }, name));
  return item;
}

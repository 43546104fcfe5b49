// The contract in force as sentences. Nothing is written here by hand about any operation or record: what the document
// says is what is shown.

import { kept, recorded, stored } from "/assets/collected.js";
import { Refusal } from "/assets/contract.js";
import { byId, element } from "/assets/elements.js";
import { showFailure } from "/assets/form.js";
import { begin } from "/assets/shell.js";

begin(async ({ call, contract }) => {
  showCalls(contract);
  showRecords(contract.tree);
  showLeaving(contract.tree["x-data-policy"] ?? {});
  const panels = ["force", "host"].map((id) => byId(id).closest(".panel-body"));
  try {
    const hosting = await call("get_hosting");
    showForce(hosting);
    showHost(hosting, contract.tree["x-data-policy"] ?? {});
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    for (const panel of panels) showFailure(panel, failure, { title: "This could not be loaded." });
  } finally {
    for (const panel of panels) panel.removeAttribute("aria-busy");
  }
}, { person: "ignored" });

const pairs = (rows) => rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]);

function showForce({ contract: { version, sha256 } }) {
  const file = element("a", { href: "/openapi.yaml" }, "openapi.yaml");
  byId("force").replaceChildren(...pairs([["Version", version], ["File", file], ["SHA-256", element("code", {}, sha256)]]));
  const button = byId("verify");
  button.addEventListener("click", async () => {
    button.disabled = true;
    byId("verified").textContent = "Computing…";
    byId("verified").textContent = await verdict(sha256);
    button.disabled = false;
  });
  button.disabled = false;
}

async function verdict(stated) {
  try {
    const response = await fetch("/openapi.yaml", { cache: "no-cache" });
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    const here = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return here === stated ? "The file that was sent has this digest." : `The file that was sent has another digest: ${here}`;
  } catch {
    return "The file could not be fetched.";
  }
}

function showHost({ host, location, contact }, policy) {
  const log = policy["access-log"] ?? {};
  const link = /^(mailto:|https:)/.test(contact) ? element("a", { href: contact }, contact.replace(/^mailto:/, "")) : contact;
  byId("host").replaceChildren(...pairs([
    ["Run by", host],
    ["Data lies in", location],
    ["Contact", link],
    ["Access log", log.kept ? "kept" : "not kept"],
    ["This page loads from", "this server alone"],
  ]));
}

function showLeaving({ processors = {}, mail }) {
  const given = Object.values(processors).map(({ name, country, purpose, receives }) => element("li", {},
    element("div", { class: "row-title" }, country ? `${name} (${country})` : name),
    element("p", { class: "row-facts" }, purpose?.text ?? ""),
    element("ul", { class: "calls-records" }, ...Object.values(receives ?? {}).map((what) => element("li", {}, what)))));
  const posted = mail ? [element("li", {}, element("div", { class: "row-title" }, "Mail"), element("p", { class: "row-facts" }, mail))] : [];
  byId("leaving").replaceChildren(...given, ...posted);
}

function showCalls({ tree, operations }) {
  const told = operations.map(({ name, operation }) => ({ name, operation, sentences: recorded(tree, operation["x-collect"]) }));
  const speaking = told.filter(({ sentences }) => sentences.length);
  const silent = told.filter(({ sentences }) => !sentences.length);
  byId("calls").replaceChildren(...speaking.map(({ name, operation, sentences }) => element("li", {},
    element("div", { class: "row-title" }, operation.summary),
    element("div", { class: "row-actions" }, element("code", {}, name)),
    element("ul", { class: "calls-records" }, ...sentences.map((sentence) => element("li", {}, `${sentence}.`))))));
  byId("silent-title").textContent = `The other ${silent.length} operations record nothing about who calls`;
  byId("silent").replaceChildren(...silent.flatMap(({ name, operation }, index) => {
    const writes = stored(tree, operation["x-stores"]).length ? " (stores what it is asked to)" : "";
    return [index ? ", " : "", element("code", {}, name), writes];
  }));
}

function showRecords(tree) {
  const records = Object.entries(tree.components?.["x-records"] ?? {});
  byId("records").replaceChildren(...records.map(([name, record]) => element("details", { class: "record" },
    element("summary", {},
      element("code", {}, name),
      element("span", { class: "why" }, record.purpose?.text ?? ""),
      element("span", { class: "stays" }, kept(record).join("; "))),
    element("div", { class: "inside" },
      element("p", { class: "hint" }, `${groundOf(record)} ${closingOf(record)}`),
      element("ul", { class: "columns", "aria-label": `Columns of ${name}` }, ...Object.entries(record.fields ?? {}).map(columnOf))))));
}

const GROUNDS = {
  "eu-gdpr:A6-1-a": "Kept with consent (GDPR article 6(1)(a)).",
  "eu-gdpr:A6-1-b": "Kept because the service needs it (GDPR article 6(1)(b)).",
  "eu-gdpr:A6-1-c": "Kept because the law asks for it (GDPR article 6(1)(c)).",
  "eu-gdpr:A6-1-f": "Kept in a legitimate interest (GDPR article 6(1)(f)).",
  none: "No personal data.",
};
const groundOf = (record) => GROUNDS[record.basis?.gdpr] ?? `Ground: ${record.basis?.gdpr ?? "not stated"}.`;

const CLOSINGS = { delete: "Deleted when the account is closed.", anonymise: "Made anonymous when the account is closed.", keep: "Stays when the account is closed.", none: "" };
const closingOf = (record) => CLOSINGS[record["on-close"]] ?? `When the account is closed: ${record["on-close"]}.`;

function columnOf([name, { type, fides }]) {
  const personal = fides?.startsWith("user");
  return element("li", { class: personal ? "personal" : null, title: [type, fides].filter(Boolean).join(", ") }, element("code", {}, name), personal ? element("span", { class: "visually-hidden" }, " (personal)") : "");
}

// The page where a person allows or denies a tool that shows a code (RFC 8628 section 3.3). It calls three operations of
// the contract with the person's own token, which lives in one variable of this module and nowhere else.

import { recorded } from "/assets/collected.js";
import { Contract, Refusal } from "/assets/contract.js";
import { byId, element, showSection } from "/assets/elements.js";
import { clearFailures, failField, failSection } from "/assets/failures.js";
import { requestedScopes, showRequest } from "/assets/device-request.js";

const page = { contract: null, token: "", userCode: "" };

/** Runs one step with its buttons off, says that it is under way, and tells what went wrong. */
async function step(section, saying, buttons, work) {
  clearFailures(section);
  byId("progress").textContent = saying;
  for (const button of buttons) button.disabled = true;
  byId(section).setAttribute("aria-busy", "true");
  let refusal = null;
  try {
    page.contract ??= await opened();
    await work();
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    refusal = failure;
  } finally {
    for (const button of buttons) button.disabled = false;
    byId(section).removeAttribute("aria-busy");
    byId("progress").textContent = "";
    showRecorded();
  }
  if (refusal) tell(section, refusal, buttons);
}

function tell(section, refusal, buttons) {
  if (refusal.status === 401) {
    page.token = "";
    showSection("ask");
    failField("access-token", "This token is not valid: it may be mistyped, expired or revoked.");
  } else if (refusal.status === 429) {
    failSection(section, "Too many tries.", refusal, buttons);
  } else if (section === "ask" && refusal.status >= 400 && refusal.status < 500) {
    failField("user-code", `${refusal.message} Check the code on your device: it may be mistyped, used or expired.`);
  } else {
    failSection(section, "That did not work.", refusal, buttons);
  }
}

async function opened() {
  const contract = await Contract.load();
  contract.countVisits("/device", "/assets/{name}", "/openapi.json");
  return contract;
}

function ask(event) {
  event.preventDefault();
  clearFailures("ask");
  const code = byId("user-code").value.trim();
  const token = byId("access-token").value.trim();
  if (!code) return failField("user-code", "Enter the code that the tool shows.");
  if (!token) return failField("access-token", "Enter a personal access token of your account.");
  return step("ask", "Asking the server about this code…", [event.submitter ?? byId("ask").querySelector("button")], async () => {
    const information = await page.contract.call("device_information", { token, query: { user_code: code } });
    Object.assign(page, { token, userCode: code });
    byId("access-token").value = "";
    showRequest(information, code);
    showSection("review");
  });
}

function decide(allowed) {
  const buttons = [byId("deny"), byId("restart")];
  if (!byId("allow").hasAttribute("data-off")) buttons.push(byId("allow"));
  return step("review", allowed ? "Allowing…" : "Denying…", buttons, async () => {
    const query = { user_code: page.userCode, scope: allowed ? requestedScopes() : undefined };
    await page.contract.call(allowed ? "device_approve" : "device_deny", { token: page.token, query });
    page.token = "";
    byId("done-title").textContent = allowed ? "Allowed" : "Denied";
    byId("done-text").textContent = allowed
      ? "The tool signs itself in within a few seconds. You can close this page."
      : "The tool gets no access to your account. You can close this page.";
    showSection("done");
  });
}

function restart() {
  page.token = "";
  byId("user-code").value = "";
  clearFailures("ask");
  showSection("ask");
  byId("user-code").focus();
}

function showRecorded() {
  if (!page.contract) return;
  const silent = [];
  const lines = [];
  for (const name of page.contract.called) {
    const sentences = recorded(page.contract.tree, page.contract.operation(name)["x-collect"]);
    if (!sentences.length) silent.push(name);
    for (const sentence of sentences) lines.push(element("li", {}, element("code", {}, name), ` records ${sentence}.`));
  }
  if (silent.length) lines.push(element("li", {}, element("code", {}, silent.join(", ")), silent.length === 1 ? " records nothing." : " record nothing."));
  byId("recorded").replaceChildren(...lines);
}

async function begin() {
  byId("user-code").value = new URLSearchParams(location.search).get("user_code")?.slice(0, 32) ?? "";
  byId("ask-form").addEventListener("submit", ask);
  byId("decision").addEventListener("submit", (event) => { event.preventDefault(); decide(true); });
  byId("deny").addEventListener("click", () => decide(false));
  byId("restart").addEventListener("click", restart);
  byId("again").addEventListener("click", restart);
  addEventListener("pagehide", () => { page.token = ""; byId("access-token").value = ""; });
  try {
    page.contract = await opened();
    showRecorded();
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    failSection("ask", "The contract could not be read.", failure);
  }
}

begin();

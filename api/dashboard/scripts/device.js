// The page where a person allows or denies a tool that shows a code (RFC 8628 section 3.3). A code in the address only fills
// in the field: nothing is asked or decided without a click. An instance that is nobody's is claimed first.

import { Refusal } from "/assets/contract.js";
import { asShown, showRequest } from "/assets/device-request.js";
import { byId, element, showSection } from "/assets/elements.js";
import { failField, onSubmit, showFailure } from "/assets/form.js";
import { chosenScopes } from "/assets/request-scopes.js";
import { begin } from "/assets/shell.js";

begin(async ({ call }) => {
  let userCode = "";

  async function look(code) {
    const information = await call("device_information", { query: { user_code: code } });
    userCode = asShown(code);
    const section = showRequest(information, userCode);
    if (section === "claim") await showWorkspaces();
    showSection(section);
  }

  async function showWorkspaces() {
    const page = await call("list_workspaces");
    byId("claim-workspace").replaceChildren(...(page.items ?? page).map(({ id, name }) => element("option", { value: id }, name)));
  }

  async function deny(event) {
    const form = event.target.closest("form");
    const buttons = [...form.querySelectorAll("button")];
    showFailure(form, null);
    for (const button of buttons) button.disabled = true;
    try {
      await call("device_deny", { query: { user_code: userCode } });
      done("Denied", "The tool gets no access to your account. You can close this page.");
    } catch (failure) {
      if (!(failure instanceof Refusal) || failure.status === 401) throw failure;
      showFailure(form, failure);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  function restart() {
    userCode = "";
    history.replaceState(null, "", location.pathname);
    byId("user-code").value = "";
    showSection("ask");
    byId("user-code").focus();
  }

  onSubmit(byId("ask-form"), async ({ user_code: typed }) => {
    try {
      await look(typed.trim());
    } catch (failure) {
      if (!(failure instanceof Refusal) || ![400, 403, 404, 409].includes(failure.status)) throw failure;
      failField(byId("user-code"), `${failure.message} Check the code on your device: it may be mistyped, used or expired.`);
    }
  });
  onSubmit(byId("claim-form"), async ({ name, workspace_id: workspace }) => {
    await call("claim_instance", { body: { user_code: userCode, name: name.trim(), workspace_id: workspace } });
    await look(userCode);
  });
  onSubmit(byId("decision"), async () => {
    await call("device_approve", { query: { user_code: userCode, scope: chosenScopes(byId("scopes")) } });
    done("Allowed", "The tool signs itself in within a few seconds. You can close this page.");
  });
  for (const button of document.querySelectorAll("[data-deny]")) button.addEventListener("click", deny);
  for (const button of document.querySelectorAll("[data-restart]")) button.addEventListener("click", restart);

  byId("user-code").value = new URLSearchParams(location.search).get("user_code")?.slice(0, 32) ?? "";
  byId("ask").hidden = false;
});

function done(title, text) {
  byId("done-title").textContent = title;
  byId("done-text").textContent = text;
  showSection("done");
}

// Where the mailed link leads that gives an account another e-mail address.

import { byId, showSection } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { takenToken } from "/assets/mailed-link.js";
import { begin } from "/assets/shell.js";

begin(async ({ call }) => {
  const token = takenToken();
  onSubmit(byId("confirm-form"), async () => {
    const { email } = await call("confirm_email_change", { body: { token } });
    byId("done-text").textContent = `Your address is ${email} now.`;
    showSection("done");
  }, { words: { link_unusable: "This link does not work any more. Ask for another one in your settings.", invalid_request: "This link was not copied whole." } });
}, { person: "ignored", coming: ["confirm_email_change"] });

// A password that was forgotten: first a link is asked for, then, behind the link, a new password is set.

import { ACCOUNT_WORDS } from "/assets/account-words.js";
import { byId, showSection } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { takenToken } from "/assets/mailed-link.js";
import { begin } from "/assets/shell.js";

const STALE = "This link does not work any more: it was used, or it is older than an hour. Ask for another one.";

begin(async ({ call }) => {
  const token = takenToken();
  byId(token ? "set" : "ask").hidden = false;
  onSubmit(byId("ask-form"), async ({ email }) => {
    await call("request_password_reset", { body: { email: email.trim() } });
    showSection("sent");
  });
  onSubmit(byId("set-form"), async ({ password }) => {
    await call("reset_password", { body: { token, password } });
    showSection("done");
  }, { words: { ...ACCOUNT_WORDS, link_unusable: STALE } });
}, { person: "ignored", coming: ["request_password_reset", "reset_password"] });

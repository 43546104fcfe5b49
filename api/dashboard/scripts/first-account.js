// Where the link leads that a server without any account prints at its start.

import { ACCOUNT_WORDS } from "/assets/account-words.js";
import { byId, showSection } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { takenToken } from "/assets/mailed-link.js";
import { begin } from "/assets/shell.js";

begin(async ({ call }) => {
  const token = takenToken();
  onSubmit(byId("first-form"), async ({ username, email, name, password }) => {
    await call("create_first_account", { body: { token, username: username.trim(), email: email.trim(), name: name.trim(), password } });
    showSection("done");
  }, { words: { ...ACCOUNT_WORDS, link_unusable: "This link does not work any more: there is an account already, or the server has printed a newer one." } });
}, { person: "ignored", coming: ["create_first_account"] });

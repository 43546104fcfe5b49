// Signing up. Nothing is an account before the mailed link was followed, and the answer is the same for every address.

import { ACCOUNT_WORDS } from "/assets/account-words.js";
import { captchaIn } from "/assets/captcha.js";
import { byId, showSection } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { nextPath, withNext } from "/assets/own-path.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

begin(async ({ call }) => {
  let address = "";
  byId("to-sign-in").href = withNext("/sign-in", nextPath());
  const captcha = captchaIn(byId("captcha"), { action: "sign_up", call });
  onSubmit(byId("sign-up-form"), async ({ username, email, name, password, of_age }) => {
    address = email.trim();
    const body = { username: username.trim(), email: address, name: name.trim(), password, of_age };
    await (await captcha).guarded((member) => call("sign_up", { body: { ...body, ...member } }));
    byId("sent-text").textContent = `A link is on its way to ${address}. It makes the account, and works for 24 hours.`;
    showSection("sent");
  }, { words: ACCOUNT_WORDS });
  onSubmit(byId("again-form"), async () => {
    await call("resend_verification", { body: { email: address } });
    tell("Another mail is on its way.");
  });
  await captcha;
}, { person: "ignored", coming: ["sign_up", "verify_email"] });

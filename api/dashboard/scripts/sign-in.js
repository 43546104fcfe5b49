// Signing in. Where the browser goes afterwards stands in the address (`next`), and is a path of this server or nothing.

import { captchaIn } from "/assets/captcha.js";
import { byId } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { nextPath, withNext } from "/assets/own-path.js";
import { begin } from "/assets/shell.js";

const WRONG = "The name or the password is wrong, or the address is not verified yet.";

begin(async ({ call }) => {
  byId("to-sign-up").href = withNext("/sign-up", nextPath());
  const captcha = captchaIn(byId("captcha"), { action: "sign_in", call });
  onSubmit(byId("password-form"), async ({ login, password }) => {
    await (await captcha).guarded((member) => call("sign_in", { body: { login: login.trim(), password, ...member } }));
    location.replace(nextPath());
  }, { words: { wrong_password: { field: "password", message: WRONG } } });
  await captcha;
}, { person: "ignored" });

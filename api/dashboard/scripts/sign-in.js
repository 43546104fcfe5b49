// Signing in. Where the browser goes afterwards stands in the address (`next`), and is a path of this server or nothing.

import { byId } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { nextPath, withNext } from "/assets/own-path.js";
import { begin } from "/assets/shell.js";

const WRONG = "The name or the password is wrong, or the address is not verified yet.";

begin(async ({ call }) => {
  byId("to-sign-up").href = withNext("/sign-up", nextPath());
  onSubmit(byId("password-form"), async ({ login, password }) => {
    await call("sign_in", { body: { login: login.trim(), password } });
    location.replace(nextPath());
  }, { words: { wrong_password: { field: "password", message: WRONG } } });
}, { person: "ignored" });

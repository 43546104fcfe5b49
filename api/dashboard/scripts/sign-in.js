// Signing in: the password, then the second factor where the account has one. Where the browser goes afterwards stands in the
// address (`next`), and is a path of this server or nothing.

import { captchaIn } from "/assets/captcha.js";
import { byId, showSection } from "/assets/elements.js";
import { onSubmit, showFailure } from "/assets/form.js";
import { nextPath, withNext } from "/assets/own-path.js";
import { hasPasskeys, shownPasskey } from "/assets/passkeys.js";
import { begin } from "/assets/shell.js";

const WRONG = "The name or the password is wrong, or the address is not confirmed yet.";
const WRONG_CODE = "This code is not the right one, or it was used already.";
const OVER = "That took too long, or there were too many tries. Start again with your password.";

begin(async ({ call }) => {
  let step = null;
  byId("to-sign-up").href = withNext("/sign-up", nextPath());
  const captcha = captchaIn(byId("captcha"), { action: "sign_in", call });

  function proceed(answer) {
    if (answer.signed_in) return location.replace(nextPath());
    step = answer;
    const offers = (method) => answer.methods.includes(method);
    byId("passkey-form").hidden = !(offers("passkey") && hasPasskeys());
    byId("totp-form").hidden = !offers("totp");
    byId("recovery").hidden = !offers("recovery_code");
    showSection("factor-step");
  }

  async function complete(proof) {
    try {
      proceed(await call("complete_sign_in", { body: { ticket: step.ticket, ...proof } }));
    } catch (failure) {
      if (failure.error !== "ticket_over") throw failure;
      byId("password").value = "";
      showSection("password-step");
      showFailure(byId("password-form"), failure, { title: OVER });
    }
  }

  onSubmit(byId("password-form"), async ({ login, password }) => {
    proceed(await (await captcha).guarded((member) => call("sign_in", { body: { login: login.trim(), password, ...member } })));
  }, { words: { wrong_password: { field: "password", message: WRONG } } });
  onSubmit(byId("passkey-form"), async () => complete({ passkey: await shownPasskey(step.passkey) }));
  onSubmit(byId("totp-form"), ({ totp }) => complete({ totp: totp.replace(/\s/g, "") }), { words: { wrong_second_factor: { field: "totp", message: WRONG_CODE } } });
  onSubmit(byId("recovery-form"), ({ recovery_code: code }) => complete({ recovery_code: code.trim() }), { words: { wrong_second_factor: { field: "recovery_code", message: WRONG_CODE } } });
  await captcha;
}, { person: "ignored", coming: ["sign_in"] });

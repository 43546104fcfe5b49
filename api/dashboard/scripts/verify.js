// Where the mailed link leads that makes an account. It takes a click, because programs that read mails follow links.

import { Refusal } from "/assets/contract.js";
import { byId, showSection } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { takenToken } from "/assets/mailed-link.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

begin(async ({ call }) => {
  const token = takenToken();
  if (!token) showSection("stale");
  onSubmit(byId("verify-form"), async () => {
    try {
      const { username, password_set: hasPassword } = await call("verify_email", { body: { token } });
      byId("done-text").textContent = hasPassword
        ? `Welcome, ${username}. Sign in with the password that you chose.`
        : `Welcome, ${username}. Others had signed up with this address, too, so none of the passwords is taken over: set yours.`;
      if (!hasPassword) {
        byId("go-on").href = "/reset";
        byId("go-on").textContent = "Set a password";
      }
      showSection("done");
    } catch (failure) {
      if (!(failure instanceof Refusal) || ![400, 410].includes(failure.status)) throw failure;
      showSection("stale");
    }
  }, { words: { username_taken: "Somebody else has taken the username meanwhile. Sign up again with another one." } });
  onSubmit(byId("again-form"), async ({ email }) => {
    await call("resend_verification", { body: { email: email.trim() } });
    tell("If somebody signs up with this address, a link is on its way.");
  });
}, { person: "ignored", coming: ["verify_email"] });

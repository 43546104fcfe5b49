// A person's account: the profile, the address, the password; beneath them the second factor and the browsers signed in.

import { ACCOUNT_WORDS } from "/assets/account-words.js";
import { byId } from "/assets/elements.js";
import { onSubmit } from "/assets/form.js";
import { showFactors } from "/assets/second-factor.js";
import { begin } from "/assets/shell.js";
import { signInsOf } from "/assets/sign-ins.js";
import { tell } from "/assets/toast.js";

begin(async ({ account, call }) => {
  let now = account;
  const signIns = signInsOf(byId("sign-ins-list"), call);
  showProfile(now);

  onSubmit(byId("profile-form"), async (typed) => {
    const changed = Object.entries(typed).map(([name, value]) => [name, value.trim()]).filter(([name, value]) => value !== now[name]);
    if (!changed.length) return tell("Nothing was changed.");
    now = await call("update_account", { body: Object.fromEntries(changed) });
    showProfile(now);
    tell("Saved.");
  }, { words: ACCOUNT_WORDS });

  onSubmit(byId("email-form"), async ({ email, current_password: current }) => {
    await call("update_account", { body: { email: email.trim(), current_password: current } });
    byId("email-form").reset();
    byId("email-sent").textContent = `A link is on its way to ${email.trim()}. Until it is followed, your address stays as it is.`;
  }, { words: ACCOUNT_WORDS });

  onSubmit(byId("password-form"), async ({ password, current_password: current }) => {
    await call("update_account", { body: { password, current_password: current } });
    byId("password-form").reset();
    tell("The password is changed. Every other browser is signed out.");
    await signIns.show();
  }, { words: ACCOUNT_WORDS });

  await Promise.all([showFactors(byId("factors"), call), signIns.show()]);
  if (location.hash === "#second-factor") byId("factor-title").focus();
});

function showProfile({ name, username, email }) {
  for (const [id, value] of [["name", name], ["username", username]]) {
    byId(id).value = value;
    byId(id).disabled = false; // what is typed before would be written over
  }
  byId("email-now").textContent = email;
  const shown = document.querySelector(".who .name");
  shown.textContent = username;
  shown.title = email;
}

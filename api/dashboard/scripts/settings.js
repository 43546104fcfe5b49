// One's own account: what it is called, how one signs in, and where one is signed in.

import { ACCOUNT_WORDS } from "/assets/account-words.js";
import { Refusal } from "/assets/contract.js";
import { confirmed } from "/assets/dialog.js";
import { byId, element } from "/assets/elements.js";
import { onSubmit, showFailure } from "/assets/form.js";
import { since } from "/assets/moments.js";
import { Region, row, rowButton } from "/assets/region.js";
import { showSecondFactor } from "/assets/second-factor.js";
import { SignedOut } from "/assets/session.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

begin(async ({ account, call }) => {
  byId("name").value = account.name;
  byId("username").value = account.username;
  byId("email-now").textContent = account.email;

  onSubmit(byId("profile-form"), async ({ name, username }) => {
    await call("update_account", { body: { name: name.trim(), username: username.trim() } });
    tell("Saved.");
  }, { words: ACCOUNT_WORDS });
  onSubmit(byId("email-form"), async ({ email, current_password }) => {
    await call("update_account", { body: { email: email.trim(), current_password } });
    byId("email-form").reset();
    tell(`A link is on its way to ${email.trim()}.`);
  }, { words: ACCOUNT_WORDS });
  onSubmit(byId("password-form"), async ({ password, current_password }) => {
    await call("update_account", { body: { password, current_password } });
    byId("password-form").reset();
    tell("The password is changed. Other browsers are signed out.");
    await signIns.show();
  }, { words: ACCOUNT_WORDS });

  const signIns = new Region(byId("sign-ins-list"), {
    load: () => call("list_sign_ins"),
    row: (signIn) => row({
      title: `${named(signIn.browser)} on ${named(signIn.platform)}`,
      tags: signIn.current ? [element("span", { class: "tag tag-good" }, "this browser")] : [],
      facts: [
        signIn.ip ? element("code", {}, signIn.ip) : null,
        element("span", {}, "signed in ", since(signIn.created_at)),
        element("span", {}, "last used ", since(signIn.refreshed_at)),
      ],
      actions: signIn.current ? [] : [rowButton("Sign out", () => end(signIn), { danger: true, label: `Sign out ${named(signIn.browser)} on ${named(signIn.platform)}` })],
    }),
    empty: () => element("p", { class: "empty" }, "Nowhere."),
  });

  async function end(signIn) {
    const done = await confirmed({ title: "Sign this browser out?", action: "Sign out", text: `What ${named(signIn.browser)} on ${named(signIn.platform)} holds opens nothing from then on.` },
      () => call("revoke_sign_in", { path: { sign_in_id: signIn.id } }));
    if (!done) return;
    tell("That browser is signed out.");
    await signIns.show();
  }

  await Promise.all([signIns.show(), showSecondFactor(call).catch((failure) => {
    if (!(failure instanceof Refusal) || failure instanceof SignedOut) throw failure;
    showFailure(byId("second-factor"), failure);
  })]);
});

const NAMES = { macos: "macOS", ios: "iOS", other: "something else" };
const named = (word) => NAMES[word] ?? word.charAt(0).toUpperCase() + word.slice(1);

// The browsers that a person is signed in with. Any but this one can be signed out from here.

import { confirmed } from "/assets/dialog.js";
import { element } from "/assets/elements.js";
import { since } from "/assets/moments.js";
import { Region, row, rowButton } from "/assets/region.js";
import { tell } from "/assets/toast.js";

/** The list, not shown yet. */
export function signInsOf(place, call) {
  const region = new Region(place, {
    load: () => call("list_sign_ins"),
    row: (signIn) => {
      const item = signInRow(signIn, () => end(signIn, call, () => region.take(item)));
      return item;
    },
    empty: () => element("p", { class: "empty" }, "No browser is signed in."),
  });
  return region;
}

function signInRow(signIn, ended) {
  const { ip, created_at: began, refreshed_at: renewed, expires_at: ends, current } = signIn;
  return row({
    title: nameOf(signIn),
    tags: current ? [element("span", { class: "tag tag-good" }, "this browser")] : [],
    facts: [
      ip && element("span", {}, "from ", element("code", {}, ip)),
      element("span", {}, "signed in ", since(began)),
      element("span", {}, "last used ", since(renewed)),
      element("span", {}, "ends ", since(ends)),
    ],
    actions: current ? [] : [rowButton("Sign out", ended, { danger: true, label: `Sign out: ${nameOf(signIn)}` })],
  });
}

async function end(signIn, call, done) {
  const name = nameOf(signIn);
  const text = "That browser is signed out at its next step. If you do not know it, change your password, too.";
  if (!(await confirmed({ title: `Sign out ${name}?`, text, action: "Sign it out" }, () => call("revoke_sign_in", { path: { sign_in_id: signIn.id } })))) return;
  done();
  tell(`${name} was signed out.`);
}

const WORDS = { macos: "macOS", ios: "iOS", chromeos: "ChromeOS", samsung: "Samsung Internet", other: "something else" };
const wordOf = (name) => WORDS[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
const nameOf = ({ browser, platform }) => `${wordOf(browser)} on ${wordOf(platform)}`;

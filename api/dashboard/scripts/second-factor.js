// What an account has besides its password: an authenticator app, passkeys, recovery codes. Each change asks for the password:
// a browser that was left open is not enough.

import { askedFor } from "/assets/dialog.js";
import { element } from "/assets/elements.js";
import { fieldOf } from "/assets/form.js";
import { dayOf, since } from "/assets/moments.js";
import { newPasskey } from "/assets/new-passkey.js";
import { hasPasskeys } from "/assets/passkeys.js";
import { PASSWORD_WORDS, passwordField } from "/assets/password-field.js";
import { drawing } from "/assets/qr.js";
import { keepCodes } from "/assets/recovery-codes.js";
import { Region, row, rowButton } from "/assets/region.js";
import { tell } from "/assets/toast.js";

/** Shows the second factors in `place`, with what can be done about each. */
export function showFactors(place, call) {
  const region = new Region(place, {
    load: async () => linesOf(await call("get_second_factor")),
    row: (line) => line(() => region.again(), call),
    empty: () => "",
  });
  return region.show();
}

function linesOf({ totp, passkeys, recovery_codes: left, passkeys_available: available }) {
  const any = totp || passkeys.length;
  return [
    (again, call) => appRow(totp, again, call),
    (again, call) => passkeysRow(passkeys, available, again, call),
    ...passkeys.map((passkey) => (again, call) => passkeyRow(passkey, again, call)),
    ...(any ? [(again, call) => codesRow(left, again, call)] : []),
  ];
}

const off = () => element("span", { class: "tag" }, "not set up");
const on = (word) => element("span", { class: "tag tag-good" }, word);

function appRow(totp, again, call) {
  const button = totp
    ? rowButton("Remove", () => removeApp(call, again), { danger: true, label: "Remove the authenticator app" })
    : rowButton("Set up", () => setUpApp(call, again), { label: "Set up an authenticator app" });
  return row({
    title: "Authenticator app",
    tags: [totp ? on("in force") : off()],
    facts: [totp ? element("span", {}, "since ", dayOf(totp.confirmed_at)) : "An app on your phone shows a new code every 30 seconds."],
    actions: [button],
  });
}

function passkeysRow(passkeys, available, again, call) {
  const possible = available && hasPasskeys();
  const why = !available ? "Browsers make none for this server: it needs a host name and TLS." : !possible ? "This browser is too old to make one." : "Your fingerprint, your face or a security key; nothing to type, and no other site can ask for it.";
  return row({
    title: "Passkeys",
    tags: [passkeys.length ? on(`${passkeys.length} in force`) : off()],
    facts: [why],
    actions: possible ? [rowButton("Add a passkey", () => newPasskey(call, again))] : [],
  });
}

function passkeyRow({ id, name, created_at: made, last_used_at: used }, again, call) {
  const item = row({
    title: name,
    facts: [element("span", {}, "made ", dayOf(made)), used ? element("span", {}, "last used ", since(used)) : "never used"],
    actions: [
      rowButton("Rename", rename, { label: `Rename: ${name}` }),
      rowButton("Remove", remove, { danger: true, label: `Remove: ${name}` }),
    ],
  });
  item.classList.add("row-below");
  return item;

  async function rename() {
    const field = fieldOf({ label: "Name", name: "name", value: name, required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name that you will know again." });
    const work = ({ name: chosen }) => call("rename_passkey", { path: { passkey_id: id }, body: { name: chosen.trim() } });
    if (await askedFor({ title: "Rename this passkey", action: "Rename", fields: [field] }, work)) await again();
  }

  async function remove() {
    const work = ({ password }) => call("remove_passkey", { path: { passkey_id: id }, body: { password } });
    if (!(await askedFor({ title: `Remove “${name}”?`, text: "It opens nothing from then on. With the last second factor the recovery codes go, too.", action: "Remove it", danger: true, fields: [passwordField()], words: PASSWORD_WORDS }, work))) return;
    tell(`“${name}” was removed.`);
    await again();
  }
}

function codesRow(left, again, call) {
  return row({
    title: "Recovery codes",
    tags: [left > 2 ? on(`${left} left`) : element("span", { class: "tag tag-warning" }, `${left} left`)],
    facts: ["Each stands in for the second factor once, when you do not have it at hand."],
    actions: [rowButton("New codes", create, { label: "Make new recovery codes" })],
  });

  async function create() {
    let made;
    const text = "Ten new ones take the place of all earlier ones, used or not.";
    const kept = await askedFor({ title: "New recovery codes", text, action: "Make new codes", fields: [passwordField()], words: PASSWORD_WORDS }, async ({ password }) => {
      made = await call("create_recovery_codes", { body: { password } });
    });
    if (!kept) return;
    await keepCodes(made.recovery_codes);
    await again();
  }
}

async function setUpApp(call, again) {
  let setup;
  const first = await askedFor({ title: "Set up an authenticator app", text: "Have the app at hand; the next step shows what it has to scan.", action: "Go on", fields: [passwordField()], words: PASSWORD_WORDS }, async ({ password }) => {
    setup = await call("start_totp", { body: { password } });
  });
  if (!first) return;
  let confirmed;
  const fields = [
    drawing(setup.qr, "QR code for the authenticator app"),
    element("details", {}, element("summary", {}, "I cannot scan it"), element("p", {}, "Type this key into the app: ", element("code", {}, setup.secret.replace(/(.{4})(?=.)/g, "$1 ")))),
    fieldOf({ label: "Code that the app shows", name: "code", class: "code", required: true, maxlength: 7, inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{3} ?[0-9]{3}", "data-missing": "Enter the code that the app shows.", "data-wrong": "Six digits." }),
  ];
  const done = await askedFor({ title: "Scan this with the app", action: "Put it in force", fields, words: { wrong_code: { field: "code" } } }, async ({ code }) => {
    confirmed = await call("confirm_totp", { body: { code } });
  });
  if (!done) return;
  if (confirmed.recovery_codes) await keepCodes(confirmed.recovery_codes);
  tell("The authenticator app is in force.");
  await again();
}

async function removeApp(call, again) {
  const text = "Its codes open nothing from then on. With the last second factor the recovery codes go, too.";
  const removed = await askedFor({ title: "Remove the authenticator app?", text, action: "Remove it", danger: true, fields: [passwordField()], words: PASSWORD_WORDS }, ({ password }) => call("remove_totp", { body: { password } }));
  if (!removed) return;
  tell("The authenticator app was removed.");
  await again();
}

// The second factor in the settings: an authenticator app, passkeys, and the recovery codes that stand in for both.

import { askedFor, shownOnce } from "/assets/dialog.js";
import { byId, element } from "/assets/elements.js";
import { fieldOf } from "/assets/form.js";
import { since } from "/assets/moments.js";
import { hasPasskeys, madePasskey } from "/assets/passkeys.js";
import { row, rowButton } from "/assets/region.js";
import { tell } from "/assets/toast.js";

const WORDS = {
  wrong_password: { field: "password", message: "This is not your password." },
  wrong_current_password: { field: "password", message: "This is not your password." },
  wrong_code: { field: "code", message: "This is not the code that the app shows now." },
  setup_over: "That took too long. Start again.",
};
const passwordField = () => fieldOf({ label: "Your password", name: "password", type: "password", required: true, maxlength: 128, autocomplete: "current-password", "data-missing": "Enter your password." });

/** Shows what the account has, with what can be done about it. */
export async function showSecondFactor(call) {
  const { totp, passkeys, recovery_codes: left, passkeys_available: available } = await call("get_second_factor");
  const again = () => showSecondFactor(call);
  const rows = [];
  if (totp) rows.push(row({ title: "Authenticator app", tags: [on()], facts: [element("span", {}, "since ", since(totp.confirmed_at))], actions: [rowButton("Remove", () => removeTotp(call, again), { danger: true, label: "Remove the authenticator app" })] }));
  for (const passkey of passkeys) rows.push(passkeyRow(passkey, call, again));
  if (totp || passkeys.length) rows.push(row({ title: "Recovery codes", facts: [`${left} left; each stands in for the second factor once`], actions: [rowButton("New codes", () => newCodes(call, again), { label: "Make new recovery codes" })] }));
  if (!rows.length) rows.push(row({ title: "None yet", facts: ["Your password alone signs you in."] }));
  byId("factors").replaceChildren(...rows);
  byId("factor-actions").replaceChildren(
    ...(totp ? [] : [rowButton("Add an authenticator app", () => addTotp(call, again))]),
    ...(available && hasPasskeys() ? [rowButton("Add a passkey", () => addPasskey(call, again))] : []));
}

const on = () => element("span", { class: "tag tag-good" }, "on");

function passkeyRow(passkey, call, again) {
  return row({
    title: passkey.name,
    tags: [element("span", { class: "tag" }, "passkey")],
    facts: [element("span", {}, "added ", since(passkey.created_at)), passkey.last_used_at ? element("span", {}, "last used ", since(passkey.last_used_at)) : "not used yet"],
    actions: [rowButton("Rename", () => renamePasskey(passkey, call, again), { label: `Rename ${passkey.name}` }), rowButton("Remove", () => removePasskey(passkey, call, again), { danger: true, label: `Remove ${passkey.name}` })],
  });
}

async function addTotp(call, again) {
  let setup = null;
  let codes = null;
  const started = await askedFor({ title: "Add an authenticator app", action: "Go on", fields: [passwordField()], words: WORDS }, async ({ password }) => {
    setup = await call("start_totp", { body: { password } });
  });
  if (!started) return;
  const code = fieldOf({ label: "Code that the app shows", name: "code", class: "code", required: true, inputmode: "numeric", maxlength: 8, autocomplete: "one-time-code", "data-missing": "Enter the six digits that the app shows." });
  const done = await askedFor({
    title: "Scan this with the app", action: "Confirm", words: WORDS,
    fields: [qrCode(setup.qr), element("p", { class: "hint" }, "Or type this key into it:"), element("div", { class: "secret" }, element("code", {}, setup.secret)), code],
  }, async ({ code: typed }) => {
    codes = (await call("confirm_totp", { body: { code: typed.replace(/\s/g, "") } })).recovery_codes;
  });
  if (done) await finished(codes, "The authenticator app is added.", again);
}

async function addPasskey(call, again) {
  let codes = null;
  const done = await askedFor({
    title: "Add a passkey", action: "Go on", words: WORDS, text: "Your device, or a security key, then asks you to confirm.",
    fields: [fieldOf({ label: "What shall it be called?", name: "name", required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name that you will know again." }), passwordField()],
  }, async ({ name, password }) => {
    const { options } = await call("start_passkey", { body: { password } });
    codes = (await call("finish_passkey", { body: { name: name.trim(), credential: await madePasskey(options) } })).recovery_codes;
  });
  if (done) await finished(codes, "The passkey is added.", again);
}

async function finished(codes, sentence, again) {
  if (codes) await showCodes(codes);
  tell(sentence);
  await again();
}

const showCodes = (codes) => shownOnce({ title: "Your recovery codes", text: "Keep them where you keep important papers. Each works once, when the app or the passkey is lost. They are not shown again.", secret: codes.join("\n") });

async function newCodes(call, again) {
  let codes = null;
  const done = await askedFor({ title: "New recovery codes", action: "Make new codes", text: "All earlier ones end, used or not.", fields: [passwordField()], words: WORDS }, async ({ password }) => {
    codes = (await call("create_recovery_codes", { body: { password } })).recovery_codes;
  });
  if (done) await finished(codes, "The earlier codes have ended.", again);
}

async function removeTotp(call, again) {
  const done = await askedFor({ title: "Remove the authenticator app?", action: "Remove it", text: "Its codes open nothing from then on.", fields: [passwordField()], words: WORDS },
    ({ password }) => call("remove_totp", { body: { password } }));
  if (done) await finished(null, "The authenticator app is removed.", again);
}

async function removePasskey(passkey, call, again) {
  const done = await askedFor({ title: `Remove ${passkey.name}?`, action: "Remove it", text: "It opens nothing from then on.", fields: [passwordField()], words: WORDS },
    ({ password }) => call("remove_passkey", { path: { passkey_id: passkey.id }, body: { password } }));
  if (done) await finished(null, `${passkey.name} is removed.`, again);
}

async function renamePasskey(passkey, call, again) {
  const done = await askedFor({ title: `Rename ${passkey.name}`, action: "Rename", fields: [fieldOf({ label: "New name", name: "name", value: passkey.name, required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name." })] },
    ({ name }) => call("rename_passkey", { path: { passkey_id: passkey.id }, body: { name: name.trim() } }));
  if (done) await again();
}

/** The server says which squares are dark, as the path of an SVG; the picture is made of that here. */
function qrCode({ size, path }) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const dark = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["viewBox", `0 0 ${size} ${size}`], ["role", "img"], ["aria-label", "QR code of the key below"], ["class", "qr"]]) picture.setAttribute(name, value);
  dark.setAttribute("d", path);
  picture.append(dark);
  return picture;
}

// A further passkey: the server's options go to the browser, the browser's answer to the server.

import { askedFor } from "/assets/dialog.js";
import { fieldOf } from "/assets/form.js";
import { madePasskey } from "/assets/passkeys.js";
import { PASSWORD_WORDS, passwordField } from "/assets/password-field.js";
import { keepCodes } from "/assets/recovery-codes.js";
import { tell } from "/assets/toast.js";

/** Asks for name and password, makes a passkey, and calls `again` when there is one more. */
export async function newPasskey(call, again) {
  let kept;
  const fields = [
    fieldOf({ label: "Name of the passkey", name: "name", hint: "What it is on, for example “Laptop”.", required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name that you will know again." }),
    passwordField(),
  ];
  const done = await askedFor({ title: "Add a passkey", text: "Your browser then asks where to keep it.", action: "Go on", fields, words: PASSWORD_WORDS }, async ({ name, password }) => {
    const { options } = await call("start_passkey", { body: { password } });
    kept = await call("finish_passkey", { body: { name: name.trim(), credential: await madePasskey(options) } });
  });
  if (!done) return;
  if (kept.recovery_codes) await keepCodes(kept.recovery_codes);
  tell(`“${kept.passkey.name}” is in force.`);
  await again();
}

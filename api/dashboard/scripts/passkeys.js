// The browser's part of passkeys (WebAuthn level 3): the contract's JSON in, the contract's JSON out.

import { Refusal } from "/assets/contract.js";

/** Whether this browser can make and use passkeys in the form that the contract speaks. */
export const hasPasskeys = () => typeof PublicKeyCredential === "function" && "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** A new passkey for the options of `start_passkey`. */
export const madePasskey = (options) =>
  asked(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }), registration);

/** The assertion of a passkey for the options of `sign_in`. */
export const shownPasskey = (options) =>
  asked(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }), assertion);

async function asked(ask, shaped) {
  try {
    return shaped((await ask()).toJSON());
  } catch (failure) {
    const known = failure instanceof DOMException && failure.name === "InvalidStateError";
    throw new Refusal({ error: "passkey", message: known ? "This device holds a passkey of this account already." : "The passkey was not used: it was cancelled, or this device has none for this account." });
  }
}

// Browsers add members that the contract does not take: what is sent is what it declares.
function registration({ id, rawId, type, response: { clientDataJSON, attestationObject, transports } }) {
  return { id, rawId, type, response: { clientDataJSON, attestationObject, ...(transports ? { transports } : {}) } };
}

function assertion({ id, rawId, type, response: { clientDataJSON, authenticatorData, signature, userHandle } }) {
  return { id, rawId, type, response: { clientDataJSON, authenticatorData, signature, ...(userHandle ? { userHandle } : {}) } };
}

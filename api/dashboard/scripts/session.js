// Calls that are made as the person who is signed in. The cookies are the browser's and no script sees them: an answer of
// 401 says that the short-lived one is over, and then one tab of all renews it while the others wait.

import { Refusal } from "/assets/contract.js";

const LOCK = "candor-refresh";

/** The sign-in is over, or there was none. */
export class SignedOut extends Refusal {}

/** Calls operations of a contract, renewing the sign-in where that is what is missing. */
export class Session {
  constructor(contract) {
    this.contract = contract;
  }

  /** As `Contract.call`; throws `SignedOut` when a 401 stays after the sign-in could not be renewed. */
  async call(name, request = {}) {
    try {
      return await this.contract.call(name, request);
    } catch (failure) {
      if (!isSignedOut(failure)) throw failure;
    }
    // Nothing was done by a call that was answered 401, so it may be made again.
    const renewed = await navigator.locks.request(LOCK, { ifAvailable: true }, async (mine) => mine && (await this.#renew()));
    if (renewed === null) await navigator.locks.request(LOCK, () => {}); // another tab renews: wait until it has
    if (renewed === false) throw over();
    try {
      return await this.contract.call(name, request);
    } catch (failure) {
      throw isSignedOut(failure) ? over() : failure;
    }
  }

  async #renew() {
    try {
      await this.contract.call("refresh_sign_in");
      return true;
    } catch (failure) {
      if (isSignedOut(failure)) return false;
      throw failure;
    }
  }
}

// Other 401s are about what was typed (a wrong password), and say so in their own words.
const OVER = ["invalid_sign_in", "invalid_token", "unauthorized"];
const isSignedOut = (failure) => failure instanceof Refusal && failure.status === 401 && OVER.includes(failure.error);
const over = () => new SignedOut({ status: 401, error: "signed_out", message: "You are no longer signed in." });

// The captcha of a form, where the operator has set one up: the one thing that is loaded from another origin, and only then.

import { element } from "/assets/elements.js";

/** Shows it in `place` for an action of the contract; `token()` is what it was solved with, `again()` has it solved anew. */
export async function captchaFor(place, call, action) {
  const { captcha } = await call("get_sign_in_policy");
  if (!captcha) return { token: () => undefined, again: () => {} };
  let solved;
  await loaded(captcha.script);
  const widget = window.turnstile.render(place, {
    sitekey: captcha.site_key,
    action,
    callback: (token) => { solved = token; },
    "expired-callback": () => { solved = undefined; },
    "error-callback": () => { solved = undefined; },
  });
  return {
    token: () => solved,
    again: () => {
      solved = undefined;
      window.turnstile.reset(widget);
    },
  };
}

function loaded(source) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: source, async: true });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("The captcha could not be loaded.")));
    document.head.append(script);
  });
}

/** What the captcha's refusals mean, for `onSubmit`. */
export const CAPTCHA_WORDS = {
  captcha_required: "Please solve the captcha.",
  captcha_failed: "The captcha was not accepted. Please solve it again.",
  captcha_unavailable: "The captcha cannot be checked right now.",
};

// The captcha, on the pages that want one. Its script is the one thing that a page loads from another origin, and only where
// the server says that there is a captcha.

import { element } from "/assets/elements.js";

const LOST = "The captcha could not be loaded. Check whether something blocks it, and load the page again.";

/**
 * Shows the captcha in `place`, if the server has one. `guarded(work)` calls `work(member)` with what the body of an operation
 * is to hold of it (nothing without a captcha); a token is good for one call, so the next one gets a new one.
 */
export async function captchaIn(place, { action, call }) {
  const { captcha } = await call("get_sign_in_policy");
  if (!captcha) return { guarded: (work) => work({}) };
  let token = null;
  let widget = null;
  try {
    const service = await loaded(captcha.script);
    widget = service.render(place, {
      sitekey: captcha.site_key,
      action,
      callback: (given) => { token = given; },
      "expired-callback": () => { token = null; },
      "error-callback": () => { token = null; },
    });
  } catch {
    place.replaceChildren(element("p", { class: "notice notice-error", role: "alert" }, LOST));
  }
  return {
    async guarded(work) {
      try {
        return await work(token ? { captcha_token: token } : {});
      } finally {
        token = null;
        if (widget !== null) globalThis.turnstile.reset(widget);
      }
    },
  };
}

/** The service's own object, once its script has run. */
function loaded(url) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: `${url}?render=explicit`, async: true });
    script.addEventListener("load", () => (globalThis.turnstile ? resolve(globalThis.turnstile) : reject(new Error("no captcha"))));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

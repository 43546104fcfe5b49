// What each scope means for the person who grants it, in plain words. A scope that is not known here is shown by its name.

const WORDS = {
  "profile:read": "See your name, your e-mail address and your plan",
  assistant: "Use the assistant on your account; each answer spends your credits",
  offline: "Stay signed in: it may renew its access without asking you again",
  "billing:write": "Change your billing, for example redeem a voucher",
  instance: "Act as the instance itself",
};

const REQUIREMENTS = {
  required: "always included",
  optional: "your choice",
  forbidden: "not available",
};

/** The scope in plain words. */
export const wordsOf = (name) => WORDS[name] ?? name;

/** What a requirement means for the choice. */
export const requirementOf = (requirement) => REQUIREMENTS[requirement] ?? requirement;

// The account's password, asked for by steps that an unattended browser must not take.

import { fieldOf } from "/assets/form.js";

/** The field. */
export const passwordField = () =>
  fieldOf({ label: "Your password", name: "password", type: "password", required: true, maxlength: 512, autocomplete: "current-password", "data-missing": "Enter your password." });

/** What a refusal of it means, for the form that the field is in. */
export const PASSWORD_WORDS = { wrong_password: { field: "password" }, wrong_current_password: { field: "password" } };

// What the refusals of an account's fields mean, for `onSubmit` of every form that has such fields.

export const ACCOUNT_WORDS = {
  username_taken: { field: "username", message: "This username is taken." },
  guessable_password: { field: "password", message: "This password is easy to guess: it is common, or made of your own names." },
  wrong_current_password: { field: "current_password", message: "This is not your current password." },
  not_of_age: { field: "of_age", message: "Accounts are for people of 13 or older." },
};

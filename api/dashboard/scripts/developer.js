// Personal access tokens: made, shown once, revoked.

import { byId, element } from "/assets/elements.js";
import { askedFor, confirmed, shownOnce } from "/assets/dialog.js";
import { fieldOf } from "/assets/form.js";
import { LIFETIMES, secondsOf } from "/assets/lifetimes.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

begin(async ({ call }) => {
  const list = new Region(byId("list"), {
    load: (cursor) => call("list_pats", { query: { cursor } }),
    row: (pat) => row({
      title: pat.name,
      tags: pat.state === "expired" ? [element("span", { class: "tag tag-warning" }, "expired")] : [],
      facts: [
        element("span", {}, "made ", since(pat.created_at)),
        pat.expires_at ? element("span", {}, pat.state === "expired" ? "ended " : "ends ", dayOf(pat.expires_at)) : "until it is revoked",
      ],
      actions: [rowButton("Revoke", () => revoke(pat), { danger: true, label: `Revoke ${pat.name}` })],
    }),
    empty: () => emptyState("No token yet", "Make one for each script, so that you can end them one by one."),
  });

  async function create() {
    let made = null;
    const done = await askedFor({
      title: "New token", action: "Make the token", text: "It acts for you. Give it to one script only.",
      fields: [
        fieldOf({ label: "What is it for?", name: "name", required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name that you will know again." }),
        fieldOf({ label: "It works for", name: "lifetime", options: LIFETIMES }),
      ],
      words: { too_many: "There are 100 tokens already." },
    }, async ({ name, lifetime }) => {
      made = await call("create_pat", { body: { name: name.trim(), expires_in_s: secondsOf(lifetime) } });
    });
    if (!done) return;
    await shownOnce({ title: "Your new token", text: "Copy it now: it is not stored, and is not shown again.", secret: made.token });
    await list.show();
  }

  async function revoke(pat) {
    const done = await confirmed({ title: `Revoke ${pat.name}?`, action: "Revoke the token", text: "It opens nothing from then on. Scripts that use it stop working." },
      () => call("revoke_pat", { path: { pat_id: pat.id } }));
    if (!done) return;
    tell(`${pat.name} is revoked.`);
    await list.show();
  }

  byId("create").addEventListener("click", create);
  await list.show();
});

// Personal access tokens: made with a name and an end, shown once, revoked.

import { askedFor, confirmed, shownOnce } from "/assets/dialog.js";
import { byId, element } from "/assets/elements.js";
import { fieldOf } from "/assets/form.js";
import { lifeField, secondsOf } from "/assets/lifetimes.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

begin(async ({ call, contract }) => {
  const region = new Region(byId("list"), {
    load: (cursor) => call("list_pats", { query: { cursor } }),
    row: (pat) => {
      const item = patRow(pat, () => revoke(pat, () => region.take(item)));
      return item;
    },
    empty: () => emptyState("No token yet", "Make one when a script of yours wants to act for you."),
  });

  async function create() {
    let made;
    const kept = await askedFor({
      title: "New token",
      action: "Make the token",
      fields: [
        fieldOf({ label: "What it is for", name: "name", required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name, so that you know later which one to revoke." }),
        lifeField({ label: "It lasts", days: 90 }),
      ],
    }, async ({ name, life }) => {
      made = await call("create_pat", { body: { name: name.trim(), expires_in_s: secondsOf(life) } });
    });
    if (!kept) return;
    await shownOnce({ title: "Your new token", text: "Copy it now: it is shown this once, and the server does not keep it.", secret: made.token });
    await region.show();
  }

  async function revoke(pat, done) {
    const text = "What uses it is refused from its next call on. This cannot be taken back.";
    if (!(await confirmed({ title: `Revoke “${pat.name}”?`, text, action: "Revoke it" }, () => call("revoke_pat", { path: { pat_id: pat.id } })))) return;
    done();
    tell(`“${pat.name}” was revoked.`);
  }

  const { path } = contract.operations.find(({ name }) => name === "list_instances");
  byId("example").textContent = `curl -H "Authorization: Bearer $TOKEN" ${location.origin}${path}`;
  byId("create").addEventListener("click", create);
  byId("create").disabled = false;
  await region.show();
});

function patRow({ name, state, created_at: made, expires_at: ends }, revoke) {
  const expired = state === "expired";
  return row({
    title: name,
    tags: expired ? [element("span", { class: "tag" }, "expired")] : [],
    facts: [
      element("span", {}, "made ", dayOf(made)),
      ends ? element("span", {}, expired ? "expired " : "expires ", since(ends)) : "no end",
    ],
    actions: [rowButton("Revoke", revoke, { danger: true, label: `Revoke: ${name}` })],
  });
}

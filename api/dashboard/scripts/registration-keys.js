// Registration keys: instances that register with one belong to the workspace at once.

import { byId, element } from "/assets/elements.js";
import { askedFor, confirmed, shownOnce } from "/assets/dialog.js";
import { choiceOf, fieldOf } from "/assets/form.js";
import { LIFETIMES, secondsOf } from "/assets/lifetimes.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";

const STATES = { used_up: "used up", expired: "expired" };

begin(async ({ call }) => {
  const workspaces = (await call("list_workspaces", { query: { limit: 100 } })).items;
  const named = new Map(workspaces.map((each) => [each.id, each.name]));
  const owned = workspaces.filter(({ role }) => role === "owner");

  const list = new Region(byId("list"), {
    load: (cursor) => call("list_registration_keys", { query: { cursor } }),
    row: (key) => row({
      title: element("code", {}, `${key.hint}…`),
      tags: [
        ...(STATES[key.state] ? [element("span", { class: "tag tag-warning" }, STATES[key.state])] : []),
        element("span", { class: "tag" }, key.reusable ? "reusable" : "works once"),
        ...(key.ephemeral ? [element("span", { class: "tag" }, "ephemeral")] : []),
      ],
      facts: [
        key.prefix ? `names begin with ${key.prefix}` : null,
        named.get(key.workspace_id),
        key.uses === 1 ? "used once" : `used ${key.uses} times`,
        key.last_used_at ? element("span", {}, "last ", since(key.last_used_at)) : null,
        key.expires_at ? element("span", {}, key.state === "expired" ? "ended " : "ends ", dayOf(key.expires_at)) : "until it is revoked",
      ],
      actions: [rowButton("Revoke", () => revoke(key), { danger: true, label: `Revoke the key ${key.hint}` })],
    }),
    empty: () => emptyState("No key yet", "With a key you roll the tool out to many machines without claiming each."),
  });

  async function create() {
    let made = null;
    const done = await askedFor({
      title: "New registration key", action: "Make the key",
      fields: [
        fieldOf({ label: "Workspace", name: "workspace_id", options: owned.map(({ id, name }) => [id, name]) }),
        fieldOf({ label: "Beginning of the instances' names", name: "prefix", maxlength: 64, autocomplete: "off", placeholder: "lab-" }),
        fieldOf({ label: "It works for", name: "lifetime", options: LIFETIMES }),
        choiceOf({ label: "Reusable", name: "reusable", hint: "Otherwise it registers one instance." }),
        choiceOf({ label: "Ephemeral instances", name: "ephemeral", hint: "They go with their last session." }),
      ],
      words: { too_many: "The workspace has 100 keys already." },
    }, async ({ workspace_id, prefix, lifetime, reusable, ephemeral }) => {
      const body = { workspace_id, expires_in_s: secondsOf(lifetime), reusable, ephemeral };
      if (prefix.trim()) body.prefix = prefix.trim();
      made = await call("create_registration_key", { body });
    });
    if (!done) return;
    await shownOnce({ title: "Your new key", text: "Copy it now: it is not stored, and is not shown again.", secret: made.key });
    await list.show();
  }

  async function revoke(key) {
    const done = await confirmed({ title: "Revoke this key?", action: "Revoke the key", text: `Nobody registers with ${key.hint}… any more. Instances that did stay.` },
      () => call("revoke_registration_key", { path: { key_id: key.id } }));
    if (!done) return;
    tell("The key is revoked.");
    await list.show();
  }

  byId("create").addEventListener("click", create);
  await list.show();
});

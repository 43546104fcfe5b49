// Registration keys: made for a workspace, shown once, revoked; and when each was last used.

import { askedFor, confirmed, shownOnce } from "/assets/dialog.js";
import { byId, element } from "/assets/elements.js";
import { choiceOf, fieldOf } from "/assets/form.js";
import { lifeField, secondsOf } from "/assets/lifetimes.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { tell } from "/assets/toast.js";
import { workspacesOf } from "/assets/workspaces.js";

const STATES = { used_up: "used up", expired: "expired" };

begin(async ({ call, contract }) => {
  const theirs = workspacesOf(call);
  let workspaces = [];
  let owned = [];
  const region = new Region(byId("list"), {
    load: async (cursor) => {
      const [page, all] = await Promise.all([call("list_registration_keys", { query: { cursor } }), theirs()]);
      workspaces = all;
      owned = workspaces.filter(({ role }) => role === "owner");
      byId("create").hidden = !owned.length;
      return page;
    },
    row: (key) => {
      const workspace = workspaces.find(({ id }) => id === key.workspace_id);
      const item = keyRow(key, workspace, workspaces.length > 1, () => revoke(key, () => region.take(item)));
      return item;
    },
    empty: () => emptyState("No key yet", "Make one to set up many instances without claiming each by hand."),
  });

  async function create() {
    let made;
    const kept = await askedFor({ title: "New registration key", action: "Make the key", fields: fieldsOf(owned) }, async ({ life, description, prefix, ...values }) => {
      const body = { ...values, expires_in_s: secondsOf(life), ...(description.trim() && { description: description.trim() }), ...(prefix.trim() && { prefix: prefix.trim() }) };
      made = await call("create_registration_key", { body });
    });
    if (!kept) return;
    await shownOnce({ title: "Your new key", text: "Copy it now: it is shown this once, and the server does not keep it. Give it to the tool as its registration key.", secret: made.key });
    await region.show();
  }

  async function revoke(key, done) {
    const name = nameOf(key);
    const text = "Nobody registers with it any more. Instances that did stay as they are.";
    if (!(await confirmed({ title: `Revoke “${name}”?`, text, action: "Revoke it" }, () => call("revoke_registration_key", { path: { key_id: key.id } })))) return;
    done();
    tell(`“${name}” was revoked.`);
  }

  byId("example").textContent = exampleOf(contract);
  byId("create").addEventListener("click", create);
  await region.show();
});

function exampleOf(contract) {
  const { path } = contract.operations.find(({ name }) => name === "register_client");
  const body = { grant_types: ["client_credentials"], scope: "profile:read", instance_registration_key: "ckey_…" };
  return `POST ${location.origin}${path}\n${JSON.stringify(body, null, 2)}`;
}

const nameOf = ({ description, hint }) => description || `${hint}…`;

const fieldsOf = (workspaces) => [
  fieldOf({ label: "What it is for", name: "description", maxlength: 256, autocomplete: "off", hint: "Optional: laptops of the lab, for example." }),
  fieldOf({ label: "Names begin with", name: "prefix", maxlength: 64, autocomplete: "off", spellcheck: "false", hint: "Optional. “lab” makes lab-7f3k2q and so on." }),
  ...workspaceField(workspaces),
  lifeField({ label: "It lasts", days: 30 }),
  choiceOf({ label: "Reusable", name: "reusable", hint: "Any number of instances may register with it. Otherwise it works once." }),
  choiceOf({ label: "Ephemeral instances", name: "ephemeral", hint: "An instance goes away with the last sign-in to it, for machines that live shortly." }),
];

const workspaceField = (workspaces) =>
  [fieldOf({ label: "Workspace", name: "workspace_id", required: true, options: workspaces.map(({ id, name }) => [id, name]) })];

function keyRow(key, workspace, several, revoke) {
  const tag = (word, title) => element("span", { class: "tag", title }, word);
  return row({
    title: nameOf(key),
    tags: [
      ...(key.state === "usable" ? [] : [tag(STATES[key.state], "It can no longer be used.")]),
      tag(key.reusable ? "reusable" : "works once", key.reusable ? "Any number of instances may register with it." : "One instance may register with it."),
      ...(key.ephemeral ? [tag("ephemeral", "Its instances go with their last sign-in.")] : []),
    ],
    facts: [
      key.description && element("code", {}, `${key.hint}…`),
      key.prefix && element("span", {}, "names begin with ", element("code", {}, key.prefix)),
      several && workspace?.name,
      key.last_used_at ? element("span", {}, `used ${key.uses === 1 ? "once" : `${key.uses} times`}, last `, since(key.last_used_at)) : "never used",
      element("span", {}, "made ", dayOf(key.created_at)),
      key.expires_at ? element("span", {}, key.state === "expired" ? "expired " : "expires ", since(key.expires_at)) : "no end",
    ],
    actions: workspace?.role === "owner" ? [rowButton("Revoke", revoke, { danger: true, label: `Revoke: ${nameOf(key)}` })] : [],
  });
}

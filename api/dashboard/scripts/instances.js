// The instances of one's workspaces: how they stand, who is signed in to them, what they are called.

import { byId, element } from "/assets/elements.js";
import { askedFor, confirmed } from "/assets/dialog.js";
import { fieldOf } from "/assets/form.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { wordsOf } from "/assets/scope-words.js";
import { begin } from "/assets/shell.js";
import { standingTag } from "/assets/standing.js";
import { tell } from "/assets/toast.js";

begin(async ({ call }) => {
  const workspaces = new Map((await call("list_workspaces", { query: { limit: 100 } })).items.map((each) => [each.id, each]));

  function instanceRow(instance) {
    const workspace = workspaces.get(instance.workspace_id);
    const sessions = element("div", { class: "sessions" });
    const opened = element("details", {}, element("summary", {}, "Who is signed in"), sessions);
    opened.addEventListener("toggle", () => opened.open && sessionsOf(instance, sessions).show(), { once: true });
    const actions = workspace?.role !== "owner" ? [] : [
      rowButton("Rename", () => rename(instance), { label: `Rename ${instance.name}` }),
      rowButton("Delete", () => remove(instance), { danger: true, label: `Delete ${instance.name}` }),
    ];
    const made = row({
      title: instance.name,
      tags: [standingTag(instance.state), ...(instance.ephemeral ? [element("span", { class: "tag" }, "ephemeral")] : [])],
      facts: [
        instance.last_seen_at ? element("span", {}, "heard from ", since(instance.last_seen_at)) : "not heard from yet",
        element("span", {}, "registered ", dayOf(instance.registered_at)),
        workspace?.name,
        element("code", {}, instance.id),
      ],
      actions,
    });
    made.append(opened);
    return made;
  }

  function sessionsOf(instance, place) {
    const region = new Region(place, {
      load: (cursor) => call("list_instance_sessions", { path: { instance_id: instance.id }, query: { cursor } }),
      row: (session) => row({
        title: session.user.name,
        facts: [
          element("span", {}, "since ", since(session.created_at)),
          session.last_seen_at ? element("span", {}, "last used ", since(session.last_seen_at)) : "not used yet",
          session.scopes.map(wordsOf).join("; "),
        ],
        actions: [rowButton("Sign out", () => end(instance, session, region), { danger: true, label: `Sign ${session.user.name} out of ${instance.name}` })],
      }),
      empty: () => element("p", { class: "hint" }, "Nobody is signed in."),
    });
    return region;
  }

  async function end(instance, session, region) {
    const done = await confirmed({
      title: `Sign ${session.user.name} out?`, action: "Sign out",
      text: `Every token of this session ends; ${instance.name} notices at its next call.`,
    }, () => call("revoke_instance_session", { path: { instance_id: instance.id, session_id: session.id } }));
    if (!done) return;
    tell(`${session.user.name} is signed out of ${instance.name}.`);
    await region.show();
  }

  async function rename(instance) {
    const done = await askedFor({
      title: `Rename ${instance.name}`, action: "Rename",
      fields: [fieldOf({ label: "New name", name: "name", value: instance.name, required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name." })],
    }, ({ name }) => call("rename_instance", { path: { instance_id: instance.id }, body: { name: name.trim() } }));
    if (done) await show();
  }

  async function remove(instance) {
    const done = await confirmed({
      title: `Delete ${instance.name}?`, action: "Delete the instance",
      text: "Its client, its tokens and everybody's sessions on it end at once. The machine has to register anew.",
    }, () => call("delete_instance", { path: { instance_id: instance.id } }));
    if (!done) return;
    tell(`${instance.name} is deleted.`);
    await show();
  }

  const live = new Region(byId("live"), {
    load: (cursor) => call("list_instances", { query: { cursor } }),
    row: instanceRow,
    empty: () => emptyState("No instance yet", "Start the tool and enter the code that it shows, or let it register with a key.",
      element("a", { class: "button", href: "/device" }, "Connect a device"), element("a", { class: "button button-plain", href: "/registration-keys" }, "Registration keys")),
  });
  const archived = new Region(byId("archived"), {
    load: (cursor) => call("list_instances", { query: { state: "archived", cursor } }),
    row: instanceRow,
    empty: () => element("p", { class: "empty" }, "None."),
  });
  const show = () => Promise.all([live.show(), archived.show()]);
  await show();
});

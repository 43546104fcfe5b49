// The instances of a person's workspaces: how each stands, who is signed in to it, and what its owner may do with it.

import { confirmed, askedFor } from "/assets/dialog.js";
import { byId, element } from "/assets/elements.js";
import { fieldOf } from "/assets/form.js";
import { sessionsOf } from "/assets/instance-sessions.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { standingTag } from "/assets/standing.js";
import { tell } from "/assets/toast.js";
import { showWorkspaces, workspacesOf } from "/assets/workspaces.js";

begin(async ({ call }) => {
  const theirs = workspacesOf(call);
  let workspaces = [];
  const places = [listed("live", {}, nothingYet), listed("archived", { state: "archived" }, noneArchived)];
  let within = null;

  function listed(id, query, empty) {
    const region = new Region(byId(id), {
      load: async (cursor) => {
        const [page, all] = await Promise.all([call("list_instances", { query: { ...query, workspace_id: within, cursor } }), theirs()]);
        workspaces = all;
        if (workspaces.length > 1 && !byId("choice").hasChildNodes()) chooseWorkspace();
        return page;
      },
      row: (instance) => instanceRow(instance, region),
      empty,
    });
    return region;
  }

  function instanceRow(instance, region) {
    const workspace = workspaces.find(({ id }) => id === instance.workspace_id);
    const sessions = element("div", { class: "row-more", hidden: true });
    const about = (text) => `${text}: ${instance.name}`;
    const show = rowButton("Sign-ins", () => sessionsOf(sessions, show, instance, call), { label: about("Sign-ins") });
    show.setAttribute("aria-expanded", "false");
    const owned = workspace?.role === "owner" ? [
      rowButton("Rename", () => rename(instance, (renamed) => region.replace(item, renamed)), { label: about("Rename") }),
      rowButton("Delete", () => remove(instance, () => region.take(item)), { danger: true, label: about("Delete") }),
    ] : [];
    const item = row({
      title: instance.name,
      tags: [standingTag(instance.state), ...(instance.ephemeral ? [element("span", { class: "tag", title: "It goes with its last sign-in." }, "ephemeral")] : [])],
      facts: [
        instance.last_seen_at ? element("span", {}, "heard from ", since(instance.last_seen_at)) : "not heard from yet",
        workspaces.length > 1 && workspace?.name,
        element("span", {}, "registered ", dayOf(instance.registered_at)),
        element("code", {}, instance.id),
      ],
      actions: [show, ...owned],
    });
    item.append(sessions);
    return item;
  }

  async function rename(instance, done) {
    let renamed;
    const field = fieldOf({ label: "Name", name: "name", value: instance.name, required: true, maxlength: 128, autocomplete: "off", "data-missing": "Give it a name that you will know again." });
    const saved = await askedFor({ title: "Rename this instance", action: "Rename", fields: [field] }, async ({ name }) => {
      renamed = await call("rename_instance", { path: { instance_id: instance.id }, body: { name: name.trim() } });
    });
    if (saved) done(renamed);
  }

  async function remove(instance, done) {
    const text = "Its client, its tokens and everybody's sign-in to it end at once. The tool would have to register again, as a new instance.";
    const gone = await confirmed({ title: `Delete “${instance.name}”?`, text, action: "Delete it" }, () => call("delete_instance", { path: { instance_id: instance.id } }));
    if (!gone) return;
    done();
    tell(`“${instance.name}” was deleted.`);
  }

  function chooseWorkspace() {
    const options = [["", "All workspaces"], ...workspaces.map(({ id, name }) => [id, name])];
    const field = fieldOf({ label: "Workspace", name: "workspace_id", options });
    field.querySelector("select").addEventListener("change", (event) => {
      within = event.target.value || null;
      places[0].show();
      if (!byId("archived").hidden) places[1].show();
    });
    byId("choice").append(field);
  }

  byId("show-archived").addEventListener("click", ({ currentTarget: button }) => {
    const shown = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!shown));
    button.textContent = shown ? "Show" : "Hide";
    byId("archived").hidden = shown;
    if (!shown) return places[1].show();
  });
  byId("show-archived").disabled = false;
  await Promise.all([places[0].show(), showWorkspaces(byId("workspaces"), theirs, call)]);
});

const nothingYet = () => emptyState("No instance here",
  "Start the tool and enter the code that it shows, or let it register with a key.",
  element("a", { class: "button", href: "/device" }, "Connect a device"),
  element("a", { class: "button button-plain", href: "/registration-keys" }, "Registration keys"));

const noneArchived = () => emptyState("None is archived", "An instance lands here when nothing has been heard of it for as long as its workspace says.");

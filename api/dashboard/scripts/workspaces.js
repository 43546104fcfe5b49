// A person's workspaces: what they are called, and after which silence their instances count as silent and as archived.

import { askedFor } from "/assets/dialog.js";
import { element } from "/assets/elements.js";
import { fieldOf } from "/assets/form.js";
import { Region, row, rowButton } from "/assets/region.js";

const DAY_S = 86_400;
const days = (seconds) => Math.round(seconds / DAY_S);

// All workspaces of the person; they are few.
async function allWorkspaces(call) {
  const found = [];
  let cursor;
  do {
    const page = await call("list_workspaces", { query: { cursor } });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

/** A function that gives all workspaces: they are asked for once, and again by whoever wants them after a failure. */
export function workspacesOf(call) {
  let asked = null;
  return () => {
    asked ??= allWorkspaces(call).catch((failure) => {
      asked = null;
      throw failure;
    });
    return asked;
  };
}

/** Lists them in `place`, with a button to change those that the person owns. */
export function showWorkspaces(place, load, call) {
  const region = new Region(place, {
    load,
    row: (workspace) => {
      const change = () => changed(workspace, call, (now) => {
        Object.assign(workspace, now);
        region.replace(item, now);
      });
      const owned = workspace.role === "owner";
      const item = row({
        title: workspace.name,
        tags: [element("span", { class: owned ? "tag tag-good" : "tag" }, workspace.role)],
        facts: [`silent after ${days(workspace.stale_after_s)} days`, `archived after ${days(workspace.archive_after_s)} days`],
        actions: owned ? [rowButton("Change", change, { label: `Change: ${workspace.name}` })] : [],
      });
      return item;
    },
    empty: () => element("p", { class: "empty" }, "You are in no workspace."),
  });
  return region.show();
}

async function changed(workspace, call, done) {
  let now;
  const saved = await askedFor({
    title: "Change this workspace",
    action: "Save",
    fields: [
      fieldOf({ label: "Name", name: "name", value: workspace.name, required: true, maxlength: 128, autocomplete: "off", "data-missing": "A workspace needs a name." }),
      dayField("Silent after (days)", "stale_after_s", workspace.stale_after_s, "Without a call for so long, an instance is marked."),
      dayField("Archived after (days)", "archive_after_s", workspace.archive_after_s, "It then leaves the list, and comes back with its next call. More days than above."),
    ],
  }, async ({ name, stale_after_s: stale, archive_after_s: archive }) => {
    const body = { name: name.trim(), stale_after_s: stale * DAY_S, archive_after_s: archive * DAY_S };
    now = await call("update_workspace", { path: { workspace_id: workspace.id }, body });
  });
  if (saved) done(now);
}

const dayField = (label, name, seconds, hint) =>
  fieldOf({ label, name, hint, type: "number", value: days(seconds), min: 2, max: 90, step: 1, required: true, inputmode: "numeric", "data-missing": "2 to 90 days.", "data-wrong": "2 to 90 whole days." });

// Who is signed in to an instance, beneath its row: the owner of its workspace sees everybody, a member only the member's own.

import { confirmed } from "/assets/dialog.js";
import { element } from "/assets/elements.js";
import { since } from "/assets/moments.js";
import { emptyState, Region, row, rowButton } from "/assets/region.js";
import { wordsOf } from "/assets/scope-words.js";
import { tell } from "/assets/toast.js";

/** Opens or closes the list in `place`; `button` says which. */
export async function sessionsOf(place, button, instance, call) {
  place.hidden = !place.hidden;
  button.setAttribute("aria-expanded", String(!place.hidden));
  if (place.hidden) return;
  const list = element("div", { role: "group", "aria-label": `Signed in to ${instance.name}` });
  place.replaceChildren(list);
  const region = new Region(list, {
    load: (cursor) => call("list_instance_sessions", { path: { instance_id: instance.id }, query: { cursor } }),
    row: (session) => {
      const item = sessionRow(session, () => end(session, instance, call, () => region.take(item)));
      return item;
    },
    empty: () => emptyState("Nobody is signed in", "Whoever signs in to this instance stands here until the sign-in ends."),
  });
  await region.show();
}

function sessionRow({ user, scopes, created_at: began, expires_at: ends, last_seen_at: seen }, ended) {
  return row({
    title: user.name,
    facts: [
      element("span", {}, "since ", since(began)),
      seen ? element("span", {}, "last call ", since(seen)) : "no call yet",
      element("span", {}, "ends ", since(ends)),
      element("span", { title: scopes.map(wordsOf).join(". ") }, scopes.join(", ")),
    ],
    actions: [rowButton("Sign out", ended, { danger: true, label: `Sign ${user.name} out` })],
  });
}

async function end(session, instance, call, done) {
  const text = `The sign-in of ${session.user.name} ends; the tool notices at its next call and has to ask again.${instance.ephemeral ? " The instance goes with its last one." : ""}`;
  const path = { instance_id: instance.id, session_id: session.id };
  if (!(await confirmed({ title: `Sign out of “${instance.name}”?`, text, action: "Sign out" }, () => call("revoke_instance_session", { path })))) return;
  done();
  tell(`${session.user.name} is signed out of “${instance.name}”.`);
}

// The first page: the account at a glance for who is signed in, and what this is for everybody else.

import { byId, element } from "/assets/elements.js";
import { dayOf, since } from "/assets/moments.js";
import { entitlementWords } from "/assets/plan-words.js";
import { emptyState, Region, row } from "/assets/region.js";
import { begin } from "/assets/shell.js";
import { standingTag } from "/assets/standing.js";

begin(async ({ account, call }) => {
  if (!account) {
    byId("welcome").hidden = false;
    return;
  }
  byId("overview").hidden = false;
  byId("overview-title").textContent = `Hello, ${account.name || account.username}`;
  showPlan(account);
  const next = new Region(byId("next"), {
    load: async () => nextSteps(await call("get_second_factor")),
    row: ([title, href, why]) => row({ title: element("a", { href }, title), facts: [why] }),
    empty: () => "",
  });
  const instances = new Region(byId("instances"), {
    load: async () => (await call("list_instances", { query: { limit: 5 } })).items,
    row: (instance) => row({
      title: instance.name,
      tags: [standingTag(instance.state)],
      facts: [instance.last_seen_at ? element("span", {}, "heard from ", since(instance.last_seen_at)) : "not heard from yet"],
    }),
    empty: () => emptyState("No instance yet", "Start the tool and enter the code that it shows.", element("a", { class: "button", href: "/device" }, "Connect a device")),
  });
  await Promise.all([next.show(), instances.show()]);
}, { person: "welcome" });

function showPlan({ plan, plan_until: until, entitlements = [] }) {
  byId("plan").replaceChildren(
    element("p", { class: "plan-name" }, plan),
    ...(until ? [element("p", { class: "hint" }, "Until ", dayOf(until), "; what everybody has stays.")] : []),
    element("p", { class: "hint" }, "One account, any number of instances on any number of devices."),
    ...(entitlements.length ? [
      element("p", { class: "hint", id: "plan-opens" }, "Your plan switches on:"),
      element("ul", { "aria-labelledby": "plan-opens" }, ...entitlements.map((each) => element("li", {}, entitlementWords(each)))),
    ] : []));
}

function nextSteps({ totp, passkeys }) {
  const steps = [["Connect a device", "/device", "Enter the code that a tool shows."]];
  if (!totp && !passkeys.length) steps.push(["Add a second factor", "/settings#second-factor", "A stolen password alone then opens nothing."]);
  steps.push(["Register many instances", "/registration-keys", "With a key they belong to you from their first call."]);
  return steps;
}

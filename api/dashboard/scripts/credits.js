// A person's credits: what there is, what it went for by day and model, and everything that changed it.

import { chartOf } from "/assets/chart.js";
import { byId, element } from "/assets/elements.js";
import { dayOf, since } from "/assets/moments.js";
import { emptyState, Region, row } from "/assets/region.js";
import { begin } from "/assets/shell.js";

const whole = new Intl.NumberFormat();
const signed = new Intl.NumberFormat(undefined, { signDisplay: "exceptZero" });
const KINDS = {
  grant: "Given",
  purchase: "Bought",
  spend: "Used by the assistant",
  expire: "Expired",
  refund: "Given back",
};

begin(async ({ call }) => {
  const have = new Region(byId("have"), {
    load: async () => figures(await call("get_credits")),
    row: figure,
    empty: () => "",
  });
  const usage = new Region(byId("usage"), {
    load: async () => {
      const used = await call("list_credit_usage");
      return used.items.length ? [used] : [];
    },
    row: (used) => element("li", { class: "usage" }, chartOf(used)),
    empty: () => emptyState("Nothing in the last 30 days", "A chart shows here which model took how much on which day."),
  });
  const list = new Region(byId("list"), {
    load: async (cursor) => {
      await looked; // which may be what brings this month's credits: only then they are among what happened
      return call("list_credit_transactions", { query: { cursor } });
    },
    row: change,
    empty: () => emptyState("Nothing yet", "Credits come with a plan, at the beginning of each month, or from whoever runs this server."),
  });
  const looked = have.show();
  await Promise.all([looked, usage.show(), list.show()]);
});

function figures({ balance, reserved, available, next_grant: next, next_expiry: first }) {
  return [
    ["Balance", whole.format(balance), "All of your credits."],
    ["Reserved", whole.format(reserved), "Set aside for calls under way; what they do not use comes back."],
    ["Available", whole.format(available), "What the next call can use."],
    next
      ? ["Next from your plan", whole.format(next.credits), element("span", {}, "On ", dayOf(next.at), ", ", since(next.at), ".")]
      : ["Next from your plan", "None", "Your plan gives no more credits."],
    first
      ? ["Expires first", whole.format(first.credits), element("span", {}, "On ", dayOf(first.at), ", ", since(first.at), ".")]
      : ["Expires first", "None", "Nothing that you have expires."],
  ];
}

function figure([name, value, says]) {
  return element("li", {}, element("p", { class: "figure-name" }, name), element("p", { class: "figure" }, value), element("p", { class: "hint" }, says));
}

function change({ kind, amount, at, model }) {
  return row({
    title: KINDS[kind] ?? kind,
    facts: [model, since(at)],
    actions: [element("span", { class: amount < 0 ? "amount" : "amount amount-in" }, signed.format(amount))],
  });
}

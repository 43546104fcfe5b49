// What a plan switches on, in plain words. One that is not known here is called as the contract's data calls it.

const WORDS = {
  "feature:assistant": "The assistant inside the tool",
  "feature:unlimited_projects": "As many projects in the tool as you like",
  "feature:shared_workspaces": "Workspaces that you share with other people",
  "feature:audit_log": "A log of who did what in your workspaces",
};

/** An entitlement as a line of a list. */
export function entitlementWords(entitlement) {
  if (WORDS[entitlement]) return WORDS[entitlement];
  const plain = entitlement.replace(/^[a-z]+:/, "").replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

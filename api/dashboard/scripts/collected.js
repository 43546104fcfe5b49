// What an operation records, as sentences made from its `x-collect` and from the declared records (`components/x-records`)
// of the document. Nothing here knows an operation by name: what the contract says is what is shown.

/** One sentence for each record that the operation writes; an empty list when it declares to record nothing. */
export function recorded(tree, collect) {
  return (collect ?? []).map((entry) => sentence(entry, tree.components?.["x-records"]?.[entry.record] ?? {}));
}

/**
 * The kinds of row that the operation writes as its work (`x-stores`), apart from what it records of the call, each with how
 * long it stays. `refused`: those alone that a refused call may write, too.
 */
export function stored(tree, names, { refused = false } = {}) {
  const records = tree.components?.["x-records"] ?? {};
  return (names ?? []).filter((name) => !refused || records[name]?.["when-refused"]).map((name) => {
    const stays = kept(records[name] ?? {}).join(", ");
    return stays ? `${name} (${stays})` : name;
  });
}

/** Words as people list them: "a, b and c". */
export const listed = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join(""));

function sentence(entry, record) {
  const fields = Object.keys(entry.set ?? {});
  const parts = [fields.length ? `${entry.record} (${fields.join(", ")})` : entry.record];
  if (entry.cadence) parts.push(cadence(entry.cadence));
  return [...parts, ...kept(record)].join("; ");
}

/** How long a record stays, in words. */
export function kept(record) {
  const { "delete-after": after, until, unclaimed } = record.retention ?? {};
  const parts = [];
  if (after) parts.push(`kept ${duration(after)}`);
  if (until) parts.push(`kept until ${until.replaceAll("-", " ")}`);
  if (unclaimed) parts.push(`unclaimed ones ${duration(unclaimed["delete-after"] ?? unclaimed)}`);
  return parts;
}

function cadence(value) {
  const every = typeof value === "string" ? value : value.then ?? value.every;
  if (!every) return "at the first call only";
  return value.first ? `at the first call, then at most once in ${duration(every)}` : `at most once in ${duration(every)}`;
}

const UNITS = { Y: "year", M: "month", W: "week", D: "day", TH: "hour", TM: "minute", TS: "second" };

/** An ISO 8601 duration in words ("PT24H" is "24 hours"); anything else is returned as it is. */
export function duration(value) {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value);
  if (!match) return value;
  const words = Object.values(UNITS)
    .map((unit, index) => [Number(match[index + 1] ?? 0), unit])
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return words.join(" ") || value;
}

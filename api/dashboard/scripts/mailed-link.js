// What a mailed link carries. The secret stands behind the # of the address, which browsers send to nobody; it is taken out
// of the address at once, so that it is in no history and no bookmark.

/** The secret of the link that led here, or an empty string. */
export function takenToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  // A link that is opened where its page is open already changes nothing but what stands behind the #.
  addEventListener("hashchange", () => location.reload());
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

// Where a page may send the browser next: a path of this server, and nothing that a browser could read as another place.

/** The path with its query when `value` is one of this origin, otherwise `otherwise`. */
export function ownPath(value, otherwise = "/") {
  // One slash, and no backslash, which browsers read as one; no control characters, which they drop.
  if (typeof value !== "string" || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(value)) return otherwise;
  // The browser's own reading has the last word: what it takes for another place (`//host`) is none of ours.
  const resolved = new URL(value, location.origin);
  return resolved.origin === location.origin ? resolved.pathname + resolved.search : otherwise;
}

/** The path that the address asks for after this page (`next`). */
export const nextPath = (otherwise = "/") => ownPath(new URLSearchParams(location.search).get("next"), otherwise);

/** The address of another page that knows where to go on afterwards. */
export const withNext = (page, next = location.pathname + location.search) =>
  next === "/" ? page : `${page}?${new URLSearchParams({ next })}`;

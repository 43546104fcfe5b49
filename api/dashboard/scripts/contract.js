// A client of the contract that reads it from the server itself: operations are called by their operationId, and
// what each of them records can be asked for. Everything that can go wrong in a call becomes one `Refusal`.

/** A call that did not succeed. `status` is 0 when no answer came; `retryAfter` is in seconds, or null; `errors` are places in the request. */
export class Refusal extends Error {
  constructor({ status = 0, error = "unreachable", message, requestId = null, retryAfter = null, errors = [] }) {
    super(message);
    this.name = "Refusal";
    Object.assign(this, { status, error, requestId, retryAfter, errors });
  }
}

/** The contract in force, and the calls that this page has made under it. */
export class Contract {
  #operations = new Map();
  #called = new Set(); // those that reached the server
  #succeeded = new Set();

  /** Fetches `/openapi.json` from this server. Throws a `Refusal` when it cannot be had. */
  static async load() {
    return new Contract(await answerOf(await send("/openapi.json", {})));
  }

  /** @param {object} tree the document, parsed. */
  constructor(tree) {
    this.tree = tree;
    for (const [path, item] of Object.entries(tree.paths ?? {})) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation?.operationId) this.#operations.set(operation.operationId, { path, method, operation });
      }
    }
  }

  /** The operationIds called so far, in order of first call. */
  get called() { return [...this.#called]; }

  /** Whether a call of the operation succeeded: only then it has recorded what it declares. */
  succeeded(name) { return this.#succeeded.has(name); }

  /** Every operation in the contract's order, as `{ name, path, method, operation }`. */
  get operations() { return [...this.#operations].map(([name, found]) => ({ name, ...found })); }

  /** Counts the operations that brought the page itself here: those behind these paths of the document. */
  countVisits(...paths) {
    for (const name of this.#visited(paths)) {
      this.#called.add(name);
      this.#succeeded.add(name);
    }
  }

  /** Counts the operation that was to bring the page, and did not: the one behind this path, if there is one. */
  countRefusal(path) {
    for (const name of this.#visited([path])) this.#called.add(name);
  }

  #visited(paths) {
    return [...this.#operations].filter(([, { path, method }]) => method === "get" && paths.includes(path)).map(([name]) => name);
  }

  /**
   * Calls an operation: `path` holds its path parameters, `query` its query parameters (absent values are left out),
   * `body` what becomes its JSON. Resolves to the JSON body or null; throws a `Refusal` for every answer but a success.
   */
  async call(name, { path = {}, query = {}, body } = {}) {
    if (!this.has(name)) throw new Refusal({ error: "not_offered", message: "This server does not offer that." });
    const { path: template, method } = this.#operations.get(name);
    const filled = template.replace(/\{([^}]+)\}/g, (_, key) => encodeURIComponent(path[key]));
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const search = given.length ? `?${new URLSearchParams(given)}` : "";
    const response = await send(filled + search, { method: method.toUpperCase(), body });
    this.#called.add(name);
    const answer = await answerOf(response);
    this.#succeeded.add(name);
    return answer;
  }

  /** Whether the contract in force has an operation of this name. */
  has(name) { return this.#operations.has(name); }

  /** The operation object of an operationId, or undefined. */
  operation(name) { return this.#operations.get(name)?.operation; }
}

async function send(url, { method = "GET", body }) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", redirect: "error" });
  } catch {
    throw new Refusal({ message: "The server could not be reached. Check your connection and try again." });
  }
}

async function answerOf(response) {
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new Refusal({
    status: response.status,
    error: body?.error ?? "unknown",
    message: body?.error_description ?? body?.message ?? `The server answered with status ${response.status}.`,
    requestId: body?.request_id ?? response.headers.get("X-Request-Id"),
    retryAfter: secondsOf(response.headers.get("Retry-After")),
    errors: body?.errors ?? [],
  });
}

function secondsOf(header) {
  const seconds = Number.parseInt(header ?? "", 10);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

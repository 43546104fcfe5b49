// The rules that are Candor's own, for the linter that redocly.yaml configures.
//
// Each is a visitor: the linter calls it for every node of a kind, with references followed, and it reports what it
// finds. They read only the document. Unknown members of published inputs (schema `Ignored`, and whatever stands below
// `additionalProperties`) reach no handler and are bounded by the size of the body, so the bounds leave them out.

const IGNORED = '#/components/schemas/Ignored';
const PROBLEM = 'application/problem+json';
const CREDENTIALS = ['device_code', 'access_token'];
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const kindsOf = (schema) => [schema.type ?? []].flat();
const isFixed = (schema) => 'enum' in schema || 'const' in schema;
const isIgnored = (ctx) =>
  ctx.location.pointer.startsWith(IGNORED) || ctx.location.pointer.includes('/additionalProperties');

function resolved(node, ctx) {
  return node && node.$ref ? ctx.resolve(node).node : node;
}

function responsesOf(operation, ctx) {
  return Object.entries(operation.responses ?? {}).map(([status, node]) => [status, resolved(node, ctx) ?? {}]);
}

/** A rule about schemas: `complaint(schema)` says what is wrong, or nothing. */
const aboutSchemas = (complaint) => () => ({
  Schema(schema, ctx) {
    const message = isIgnored(ctx) ? undefined : complaint(schema);
    if (message) ctx.report({ message });
  },
});

/** A rule about operations: `complaints(operation, ctx, path)` yields what is wrong. */
const aboutOperations = (complaints) => () => ({
  PathItem(item, ctx) {
    for (const method of METHODS.filter((each) => each in item)) {
      for (const message of complaints(item[method], ctx, String(ctx.key))) {
        ctx.report({ message, location: ctx.location.child(method) });
      }
    }
  },
});

const stringsAreBounded = aboutSchemas((schema) => {
  if (kindsOf(schema).includes('string') && !isFixed(schema) && !('maxLength' in schema)) {
    return 'A string without maxLength.';
  }
});

const numbersAreBounded = aboutSchemas((schema) => {
  const isNumber = kindsOf(schema).some((kind) => kind === 'integer' || kind === 'number');
  if (isNumber && !isFixed(schema) && !('minimum' in schema && 'maximum' in schema)) {
    return 'A number without minimum and maximum.';
  }
});

const integersHaveAFormat = aboutSchemas((schema) => {
  if (kindsOf(schema).includes('integer') && !isFixed(schema) && !['int32', 'int64'].includes(schema.format)) {
    return 'An integer that does not say whether it has 32 or 64 bits.';
  }
});

const arraysAreBounded = aboutSchemas((schema) => {
  if (kindsOf(schema).includes('array') && !('maxItems' in schema)) return 'An array without maxItems.';
});

/** Every schema that a request body is made of, each once, without those of unknown members. */
function* partsOf(node, ctx, seen = new Set()) {
  const schema = resolved(node, ctx);
  if (!schema || typeof schema !== 'object' || seen.has(schema)) return;
  seen.add(schema);
  yield schema;
  const below = [schema.properties ?? {}, schema.oneOf ?? [], schema.anyOf ?? [], schema.allOf ?? []];
  for (const part of [schema.items, ...below.flatMap(Object.values)]) yield* partsOf(part, ctx, seen);
}

/** An object that is sent here refuses unknown members or says what they may hold; left out, they would be anything. */
function inputsSayWhatTheyIgnore() {
  return {
    RequestBody(body, ctx) {
      const open = (schema) => [undefined, true].includes(schema.additionalProperties);
      for (const content of Object.values(body.content ?? {})) {
        for (const schema of partsOf(content.schema, ctx)) {
          if (kindsOf(schema).includes('object') && open(schema)) {
            const names = Object.keys(schema.properties ?? {}).join(', ');
            ctx.report({ message: `An object of a request (${names}) leaves open what unknown members may hold.` });
          }
        }
      }
    },
  };
}

/** `default` and ranges hide which statuses a client has to expect. */
const statusesAreSingle = aboutOperations(function* (operation) {
  for (const status of Object.keys(operation.responses ?? {})) {
    if (!/^[2-5]\d\d$/.test(status)) yield `The response ${status} is not a single status.`;
  }
});

const operationsCanSucceed = aboutOperations(function* (operation) {
  if (!Object.keys(operation.responses ?? {}).some((status) => /^(2\d\d|302)$/.test(status))) {
    yield 'An operation that never answers 2xx, nor 302 where a browser goes on.';
  }
});

function* expectedErrors(operation, ctx) {
  yield ['400', 'every request can be malformed'];
  yield ['500', 'every answer can fail its check'];
  if (operation.requestBody) {
    yield ['413', 'a body can be too large'];
    yield ['415', 'a body can be of another media type'];
  }
  if (JSON.stringify(resolved(operation.requestBody, ctx) ?? {}).includes('client_secret') || operation.security?.length) {
    yield ['401', 'a credential can be wrong'];
    yield ['503', 'a credential can be impossible to look up'];
  }
  const names = (operation.parameters ?? []).map((each) => resolved(each, ctx)?.name);
  if (names.includes('user_code')) yield ['429', 'a short code can be guessed'];
}

const errorsAreDocumented = aboutOperations(function* (operation, ctx) {
  for (const [status, why] of expectedErrors(operation, ctx)) {
    if (!(status in (operation.responses ?? {}))) yield `There is no ${status}: ${why}.`;
  }
});

const PAGE = 'text/html; charset=utf-8';

/** Problem documents (RFC 9457), and below /oauth2/ what RFC 6749 section 5.2 prescribes; where browsers are sent, a page too. */
const errorsHaveOneForm = aboutOperations(function* (operation, ctx, path) {
  const wanted = path.startsWith('/oauth2/') ? 'application/json' : PROBLEM;
  for (const [status, response] of responsesOf(operation, ctx)) {
    if (!/^[45]/.test(status)) continue;
    const content = response.content ?? {};
    const { [PAGE]: page, ...documents } = content;
    if (Object.keys(documents).join() !== wanted) yield `The error ${status} is not ${wanted}.`;
    for (const each of Object.values(documents)) {
      const schema = resolved(each.schema, ctx) ?? {};
      if (!schema.required?.includes('request_id')) yield `The error ${status} has no request_id.`;
    }
  }
});

const NEEDED = { 302: 'Location', 401: 'WWW-Authenticate', 405: 'Allow', 429: 'Retry-After', 503: 'Retry-After' };

const headersThatStatusesNeed = aboutOperations(function* (operation, ctx) {
  for (const [status, response] of responsesOf(operation, ctx)) {
    for (const name of ['X-Request-Id', NEEDED[status]]) {
      if (name && !(name in (response.headers ?? {}))) yield `The response ${status} has no ${name}.`;
    }
  }
});

/** Who is handed a credential is told where it is used, and a fuzzer finds its way. */
const credentialsAreLinked = aboutOperations(function* (operation, ctx) {
  for (const [status, response] of responsesOf(operation, ctx)) {
    const schemas = Object.values(response.content ?? {}).map((each) => resolved(each.schema, ctx) ?? {});
    const handsOut = schemas.some((schema) => CREDENTIALS.some((name) => name in (schema.properties ?? {})));
    if ((status === '201' || handsOut) && !response.links) yield `The response ${status} has no links.`;
  }
});

const hasExample = (node) => 'example' in node || Object.keys(node.examples ?? {}).length > 0;

function examplesAreGiven() {
  return {
    Parameter(parameter, ctx) {
      if (!hasExample(parameter)) ctx.report({ message: `The parameter ${parameter.name} has no example.` });
    },
    Header(header, ctx) {
      if (!hasExample(header)) ctx.report({ message: 'The header field has no example.' });
    },
    MediaType(content, ctx) {
      if (!hasExample(content)) ctx.report({ message: 'The content has no example.' });
    },
  };
}

/** An extension is a promise of its own, so the description says what it means; a misspelt one is found. */
function extensionsAreExplained() {
  const used = [];
  return {
    any(node, ctx) {
      if (!node || typeof node !== 'object' || Array.isArray(node)) return;
      const names = Object.keys(node).filter((name) => name.startsWith('x-'));
      used.push(...names.map((name) => ({ name, location: ctx.location.child(name) })));
    },
    Root: {
      leave(root, ctx) {
        const explained = new Set((root.info?.description ?? '').match(/(?<=`)x-[a-z-]+/g));
        for (const { name, location } of used.filter((each) => !explained.has(each.name))) {
          ctx.report({ message: `What ${name} means is not in info.description.`, location });
        }
      },
    },
  };
}

export default () => ({
  id: 'candor',
  rules: {
    oas3: {
      'strings-are-bounded': stringsAreBounded,
      'numbers-are-bounded': numbersAreBounded,
      'integers-have-a-format': integersHaveAFormat,
      'arrays-are-bounded': arraysAreBounded,
      'inputs-say-what-they-ignore': inputsSayWhatTheyIgnore,
      'statuses-are-single': statusesAreSingle,
      'operations-can-succeed': operationsCanSucceed,
      'errors-are-documented': errorsAreDocumented,
      'errors-have-one-form': errorsHaveOneForm,
      'headers-that-statuses-need': headersThatStatusesNeed,
      'credentials-are-linked': credentialsAreLinked,
      'examples-are-given': examplesAreGiven,
      'extensions-are-explained': extensionsAreExplained,
    },
  },
});

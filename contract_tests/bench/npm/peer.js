// The peer: node-oidc-provider with a plain PostgreSQL adapter. `node peer.js PORT`; PostgreSQL by the PG* variables.
//
// One table, as adapters for this library commonly have it, whose statements are prepared once for each connection and
// whose commits are as durable as the server makes every commit. Tokens are opaque and live an hour, clients are rows
// of the same table and authenticate with client_secret_basic, and what the measured grant does not need is off.

import pg from 'pg';
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const pool = new pg.Pool({ max: Number(process.env.POOL) });

const statements = {
  find: 'SELECT payload, expires_at, consumed_at FROM oidc WHERE model = $1 AND id = $2',
  upsert: `INSERT INTO oidc (model, id, payload, expires_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`,
  consume: 'UPDATE oidc SET consumed_at = now() WHERE model = $1 AND id = $2',
  destroy: 'DELETE FROM oidc WHERE model = $1 AND id = $2',
};

function run(name, ...values) {
  return pool.query({ name, text: statements[name], values });
}

class PostgresAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
    await run('upsert', this.model, id, JSON.stringify(payload), expiresAt);
  }

  async find(id) {
    const { rows: [row] } = await run('find', this.model, id);
    if (!row || (row.expires_at && row.expires_at <= new Date())) {
      return undefined;
    }
    return row.consumed_at ? { ...row.payload, consumed: true } : row.payload;
  }

  async consume(id) {
    await run('consume', this.model, id);
  }

  async destroy(id) {
    await run('destroy', this.model, id);
  }
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: PostgresAdapter,
  clientAuthMethods: ['client_secret_basic'],
  cookies: { keys: ['of no use to this grant'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
  },
  scopes: ['instance'],
  ttl: { ClientCredentials: 3600 },
});

provider.on('server_error', (ctx, error) => console.error(error));
provider.listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));

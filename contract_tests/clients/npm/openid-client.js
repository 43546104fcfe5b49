// openid-client, as its documentation shows it: discovery both ways, registration, the device flow, refresh,
// introspection, a call with the token, revocation, and a token for the client itself.

import * as client from 'openid-client'
import { approved, hear, refusal, tell } from './witness.js'

const { issuer, registration, scope, method, resource } = await hear()
const server = new URL(issuer)
const authentication = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
}[method]

const registered = (
  await client.dynamicClientRegistration(server, registration, authentication(), { algorithm: 'oauth2' })
).clientMetadata()
const found = await client.discovery(
  server,
  registered.client_id,
  registered.client_secret,
  authentication(registered.client_secret),
)
tell({ discovery: { issuer: found.serverMetadata().issuer, grants: registered.grant_types } })

const started = await client.initiateDeviceAuthorization(found, { scope })
const polling = client.pollDeviceAuthorizationGrant(found, started)
await approved(started.user_code)
const first = await polling
tell({ signedIn: first })

const read = (token) => client.fetchProtectedResource(found, token, new URL(resource), 'GET')
tell({ session: (await read(first.access_token)).status })
tell({ introspection: await client.tokenIntrospection(found, first.access_token) })

const second = await client.refreshTokenGrant(found, first.refresh_token)
const third = await client.refreshTokenGrant(found, second.refresh_token)
tell({ rotation: [first, second, third] })
tell({ replay: await refusal(client.refreshTokenGrant(found, first.refresh_token)) })
tell({ afterReplay: await refusal(client.refreshTokenGrant(found, third.refresh_token)) })

const again = await client.initiateDeviceAuthorization(found, { scope })
await approved(again.user_code)
const tokens = await client.pollDeviceAuthorizationGrant(found, again)
tell({ codeUsedTwice: await refusal(client.pollDeviceAuthorizationGrant(found, again)) })
await client.tokenRevocation(found, tokens.refresh_token, { token_type_hint: 'refresh_token' })
tell({ revoked: await client.tokenIntrospection(found, tokens.access_token) })
tell({ afterRevocation: await refusal(read(tokens.access_token)) })

tell({ own: await client.clientCredentialsGrant(found) })

const wrong = new client.Configuration(found.serverMetadata(), registered.client_id, undefined, authentication('wrong'))
tell({ wrongSecret: await refusal(client.clientCredentialsGrant(wrong)) })
process.exit(0)

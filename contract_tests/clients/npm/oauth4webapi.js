// oauth4webapi, which has one function for each request and one for each answer: discovery both ways, the
// device flow with its waiting, refresh, introspection, a call with the token, revocation, and a token for the
// client itself.

import * as oauth from 'oauth4webapi'
import { approved, hear, refusal, tell } from './witness.js'

const { issuer, registration, scope, method, resource } = await hear()
const at = new URL(issuer)
const authentication = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
}[method]

const discovered = async (algorithm) =>
  oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, { algorithm }))
const server = await discovered('oauth2')
const same = JSON.stringify(await discovered('oidc')) === JSON.stringify(server)

const registered = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(server, registration),
)
tell({ discovery: { issuer: server.issuer, grants: registered.grant_types, same } })

const client = { client_id: registered.client_id }
const proof = authentication(registered.client_secret)

const start = async () =>
  oauth.processDeviceAuthorizationResponse(
    server,
    client,
    await oauth.deviceAuthorizationRequest(server, client, proof, { scope }),
  )
const redeem = async (code) =>
  oauth.processDeviceCodeResponse(
    server,
    client,
    await oauth.deviceCodeGrantRequest(server, client, proof, code),
  )
const refresh = async (token) =>
  oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, proof, token),
  )
const introspect = async (token) =>
  oauth.processIntrospectionResponse(
    server,
    client,
    await oauth.introspectionRequest(server, client, proof, token),
  )
const read = (token) => oauth.protectedResourceRequest(token, 'GET', new URL(resource))
const own = async (secret) =>
  oauth.processClientCredentialsResponse(
    server,
    client,
    await oauth.clientCredentialsGrantRequest(server, client, authentication(secret), {}),
  )

const started = await start()
tell({ waiting: await refusal(redeem(started.device_code)) })
await approved(started.user_code)
const first = await redeem(started.device_code)
tell({ signedIn: first })
tell({ codeUsedTwice: await refusal(redeem(started.device_code)) })
tell({ session: (await read(first.access_token)).status })
tell({ introspection: await introspect(first.access_token) })

const second = await refresh(first.refresh_token)
const third = await refresh(second.refresh_token)
tell({ rotation: [first, second, third] })
tell({ replay: await refusal(refresh(first.refresh_token)) })
tell({ afterReplay: await refusal(refresh(third.refresh_token)) })

const again = await start()
await approved(again.user_code)
const tokens = await redeem(again.device_code)
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, proof, tokens.refresh_token, {
    additionalParameters: { token_type_hint: 'refresh_token' },
  }),
)
tell({ revoked: await introspect(tokens.access_token) })
tell({ afterRevocation: await refusal(read(tokens.access_token)) })

tell({ own: await own(registered.client_secret) })
tell({ wrongSecret: await refusal(own('wrong')) })
process.exit(0)

// openid-client, as its documentation shows the authorization code flow: PKCE, state, and an issuer in the answer,
// which it checks because the metadata says that there is one.

import * as client from 'openid-client'
import { hear, refusal, tell, visited } from './witness.js'

const { issuer, registration, scope, method, resource, callback } = await hear()
const authentication = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
}[method]
const server = new URL(issuer)
const registered = (
  await client.dynamicClientRegistration(server, registration, authentication(), { algorithm: 'oauth2' })
).clientMetadata()
const found = await client.discovery(
  server,
  registered.client_id,
  registered.client_secret,
  authentication(registered.client_secret),
  { algorithm: 'oauth2' },
)
tell({ supportsPKCE: found.serverMetadata().supportsPKCE(), grants: registered.grant_types })

const begin = async () => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const address = client.buildAuthorizationUrl(found, {
    redirect_uri: callback,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
  })
  return { landed: await visited(address), checks: { pkceCodeVerifier, expectedState } }
}

const first = await begin()
const tokens = await client.authorizationCodeGrant(found, first.landed, first.checks)
tell({ signedIn: tokens })
tell({ session: (await client.fetchProtectedResource(found, tokens.access_token, new URL(resource), 'GET')).status })
tell({ refreshed: await client.refreshTokenGrant(found, tokens.refresh_token) })
tell({ codeUsedTwice: await refusal(client.authorizationCodeGrant(found, first.landed, first.checks)) })
tell({ introspection: await client.tokenIntrospection(found, tokens.access_token) })

const injected = await begin()
const own = await begin()
injected.landed.searchParams.set('state', own.checks.expectedState)
tell({ injectedCode: await refusal(client.authorizationCodeGrant(found, injected.landed, own.checks)) })

own.landed.searchParams.set('iss', 'https://elsewhere.example')
tell({ otherIssuer: await refusal(client.authorizationCodeGrant(found, own.landed, own.checks)) })
process.exit(0)

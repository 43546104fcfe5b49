// oauth4webapi, which has one function for each step of the authorization code flow: the answer in the address is
// checked for state and issuer, and then redeemed with the verifier.

import * as oauth from 'oauth4webapi'
import { hear, refusal, tell, visited } from './witness.js'

const { issuer, registration, scope, method, resource, callback } = await hear()
const at = new URL(issuer)
const authentication = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
}[method]

const server = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, { algorithm: 'oauth2' }))
const registered = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(server, registration),
)
const client = { client_id: registered.client_id }
const proof = authentication(registered.client_secret)
tell({ supportsPKCE: server.code_challenge_methods_supported.includes('S256'), grants: registered.grant_types })

const begin = async () => {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const address = new URL(server.authorization_endpoint)
  address.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  })
  return { landed: await visited(address), verifier, state }
}
const redeem = async ({ landed, verifier, state }) => {
  const answer = oauth.validateAuthResponse(server, client, landed, state)
  return oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(server, client, proof, answer, callback, verifier),
  )
}

const first = await begin()
const tokens = await redeem(first)
tell({ signedIn: tokens })
tell({ session: (await oauth.protectedResourceRequest(tokens.access_token, 'GET', new URL(resource))).status })
tell({
  refreshed: await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token),
  ),
})
tell({ codeUsedTwice: await refusal(redeem(first)) })
tell({
  introspection: await oauth.processIntrospectionResponse(
    server,
    client,
    await oauth.introspectionRequest(server, client, proof, tokens.access_token),
  ),
})

const injected = await begin()
const own = await begin()
injected.landed.searchParams.set('state', own.state)
tell({ injectedCode: await refusal(redeem({ ...own, landed: injected.landed })) })

own.landed.searchParams.set('iss', 'https://elsewhere.example')
tell({ otherIssuer: await refusal(redeem(own)) })
process.exit(0)

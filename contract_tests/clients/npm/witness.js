// What the programs here have in common: they speak with the test that started them in lines of JSON, and let it
// see every answer that their library got. The libraries themselves are as their makers publish them.

import { createInterface } from 'node:readline'

const said = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

/** Tells the test something. */
export function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** The next thing that the test says. */
export async function hear() {
  const { value } = await said.next()
  return JSON.parse(value)
}

/** Has a person approve a user code; done when they have. */
export async function approved(userCode) {
  tell({ approve: userCode })
  await hear()
}

/** Sends a person's browser to an address, where they allow what is asked: the address at which it comes back. */
export async function visited(address) {
  tell({ visit: String(address) })
  return new URL((await hear()).landed)
}

/** What a call that must fail fails with: the server's word for it. */
export async function refusal(call) {
  try {
    await call
  } catch (failure) {
    // Both libraries read the body of a 400, and leave that of an answer with a challenge to their user.
    const error = failure.error ?? (await failure.response?.json())?.error ?? failure.code
    return { error, status: failure.status }
  }
  return { error: null }
}

const unwatched = globalThis.fetch

globalThis.fetch = async (resource, options) => {
  const answer = await unwatched(resource, options)
  const { method, url } = new Request(resource, { method: options?.method })
  const body = Buffer.from(await answer.clone().arrayBuffer()).toString('base64')
  tell({ answer: { method, url, status: answer.status, headers: [...answer.headers], body } })
  return answer
}

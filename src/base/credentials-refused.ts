import { MesheryError } from './errors.ts'

/** Where the parts of an identity are from, for people: the name of a variable, the path of a file. */
export interface IdentitySources {
  readonly token?: string
  readonly provider?: string
}

/** Who we said to be, without the token. */
export interface SentIdentity {
  readonly hasToken: boolean
  /** Empty when none was sent. */
  readonly provider: string
  /** Whether the provider was looked for, since nobody named one. */
  readonly isFound: boolean
  /** Whether it is the answer of a function. */
  readonly isAsked: boolean
  readonly from: IdentitySources
}

const logIn = '`mesheryctl system login`'

/** Where the token is from, for people. */
export const tokenSource = ({ isAsked, from }: SentIdentity): string =>
  from.token ?? (isAsked ? '`credentials`' : '`token`')

const providerSource = ({ isFound, isAsked, from }: SentIdentity): string => {
  if (isFound) return 'GET /api/providers'
  return from.provider ?? (isAsked ? '`credentials` or `provider`' : '`provider`')
}

/** What is wrong with who we said to be, and what to do about it. */
const judge = (error: MesheryError, said: SentIdentity): readonly [problem: string, remedy: string] => {
  if (said.provider === '' && !said.hasToken)
    return [
      'neither a provider nor a token was sent',
      `Log in (${logIn}), or set \`provider\` or MESHERY_PROVIDER to one that GET /api/providers lists.`,
    ]
  if (said.provider === '')
    return [
      `no provider was sent with the token from ${tokenSource(said)}`,
      'Set `provider` or MESHERY_PROVIDER to the one that the token is for.',
    ]
  const provider = `the provider \`${said.provider}\` (from ${providerSource(said)})`
  // Meshery sends whoever has no provider that it knows to choose one.
  if (/\/provider\/?$/.test(String(error.details['location'])))
    return [
      `${provider} is refused`,
      `Correct the provider: GET /api/providers lists those of this server. Or log in again (${logIn}).`,
    ]
  if (!said.hasToken)
    return [`no token was sent for ${provider}`, `Log in (${logIn}), or set \`token\` or MESHERY_TOKEN.`]
  return [`the token from ${tokenSource(said)} is refused`, freshToken(said) ?? error.remedy]
}

/** How to come by a fresh token; undefined when it is an option, of which the remedy of the code speaks. */
const freshToken = ({ isAsked, from }: SentIdentity): string | undefined => {
  if (isAsked) return 'Let `credentials` give a fresh token.'
  if (from.token === undefined) return undefined
  const isFile = /[\\/]/.test(from.token)
  return isFile
    ? `Log in again (${logIn}).`
    : `Put a fresh token into ${from.token}, or unset it and log in (${logIn}).`
}

/** Refused credentials, with which of them is missing or refused and where it is from. */
export const credentialsRefused = (error: MesheryError, said: SentIdentity): MesheryError => {
  const { code, message, phase, retryable, details } = error
  const [problem, remedy] = judge(error, said)
  return new MesheryError(code, `${message} (${problem})`, { phase, retryable, remedy, details })
}

import { MesheryError } from './errors.ts'

/** Where the parts of an identity are from, for people: the name of a variable, the path of a file. */
export interface IdentitySources {
  readonly token?: string
  readonly provider?: string
}

/** The identity that was sent, without the token. */
export interface SentIdentity {
  readonly hasToken: boolean
  /** Empty when none was sent. */
  readonly provider: string
  /** Whether the provider was found in the server's list, since none was given. */
  readonly isFound: boolean
  /** Whether it is the answer of a function. */
  readonly isAsked: boolean
  /** Whether the server refused it before. Default false. */
  readonly isRefused?: boolean
  readonly from: IdentitySources
}

const logIn = '`mesheryctl system login`'

/** The source of the token, for people. */
export const tokenSource = ({ isAsked, from }: SentIdentity): string =>
  from.token ?? (isAsked ? '`credentials`' : '`token`')

const providerSource = ({ isFound, isAsked, from }: SentIdentity): string => {
  if (isFound) return 'GET /api/providers'
  return from.provider ?? (isAsked ? '`credentials` or `provider`' : '`provider`')
}

/** What is wrong with the identity that was sent, and what to do about it. */
const judge = (error: MesheryError, sent: SentIdentity): readonly [problem: string, remedy: string] => {
  if (sent.provider === '' && !sent.hasToken)
    return [
      'neither a provider nor a token was sent',
      `Log in (${logIn}), or set \`provider\` or MESHERY_PROVIDER to one that GET /api/providers lists.`,
    ]
  if (sent.provider === '')
    return [
      `no provider was sent with the token from ${tokenSource(sent)}`,
      'Set `provider` or MESHERY_PROVIDER to the one that the token is for.',
    ]
  const provider = `the provider \`${sent.provider}\` (from ${providerSource(sent)})`
  // Meshery redirects an unknown provider to the page where one is chosen.
  if (/\/provider\/?$/.test(String(error.details['location'])))
    return [
      `${provider} is refused`,
      `Correct the provider: GET /api/providers lists those of this server. Or log in again (${logIn}).`,
    ]
  if (!sent.hasToken)
    return [`no token was sent for ${provider}`, `Log in (${logIn}), or set \`token\` or MESHERY_TOKEN.`]
  return [`the token from ${tokenSource(sent)} is refused`, freshTokenRemedy(sent) ?? error.remedy]
}

/** How to get a new token; undefined when it is an option, which the remedy of the code covers. */
export const freshTokenRemedy = ({ isAsked, from }: SentIdentity): string | undefined => {
  if (isAsked) return 'Let `credentials` give a fresh token.'
  if (from.token === undefined) return undefined
  const isFile = /[\\/]/.test(from.token)
  return isFile
    ? `Log in again (${logIn}).`
    : `Put a fresh token into ${from.token}, or unset it and log in (${logIn}).`
}

/** Refused credentials, with which of them is missing or refused and where it is from. */
export const credentialsRefused = (error: MesheryError, sent: SentIdentity): MesheryError => {
  const { code, message, phase, retryable, details } = error
  const [problem, remedy] = judge(error, sent)
  return new MesheryError(code, `${message} (${problem})`, { phase, retryable, remedy, details })
}

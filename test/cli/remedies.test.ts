import { describe, expect, it } from 'vitest'
import { credentialsRefused } from '../../src/base/credentials-refused.ts'
import { MesheryError } from '../../src/base/errors.ts'
import { remedyOf, remedyWithoutTerminal } from '../../src/cli/remedies.ts'

describe('a remedy at the command line', () => {
  it('of an untrusted certificate names --ca-file', () => {
    const error = new MesheryError('TLS_REFUSED', 'self-signed certificate', { phase: 'tls' })
    expect(remedyOf(error)).toBe(
      'Trust the certificate authority of the server, for example by --ca-file or NODE_EXTRA_CA_CERTS.',
    )
  })

  it.each(['', 'Meshery'])(
    'of a missing token names MESHERY_TOKEN first where there is no terminal (%s)',
    (provider) => {
      const refused = new MesheryError('CREDENTIALS_REFUSED', 'refused', { phase: 'store' })
      const sent = { hasToken: false, provider, isFound: false, isAsked: false, from: {} }
      const remedy = remedyOf(credentialsRefused(refused, sent))
      expect(remedy).toMatch(/^Log in/)
      expect(remedyWithoutTerminal(remedy)).toMatch(
        /^Set MESHERY_TOKEN, or --.*, or log in \(`mesheryctl system login`\)\.$/,
      )
    },
  )
})

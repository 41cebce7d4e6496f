// Secrets that every attacked client has, and the search for them in its output.

export const secrets = {
  token: 'tok+S3cr3t/Q7mXv9Lr2Wk==',
  header: 'hdr+S3cr3t/Zp4Tn8Yc6Bd==',
  param: 'par+S3cr3t/Hf3Gs5Ju1Ax==',
}

/** The forms in which a secret may come back. */
export const formsOf = (secret) => ({
  plain: secret,
  url: encodeURIComponent(secret),
  base64: Buffer.from(secret).toString('base64'),
  base64url: Buffer.from(secret).toString('base64url'),
})

/** Names of the secrets that a text shows. */
export const foundIn = (text) =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    Object.entries(formsOf(secret)).flatMap(([form, shown]) => (text.includes(shown) ? [`${name} (${form})`] : [])),
  )

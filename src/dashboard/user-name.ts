import { isRecord } from '../base/checks.ts'

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)

/** The name of the user in the answer of `/api/user`, in the spelling of any release; null if there is none. */
export function userNameOf(body: unknown): string | null {
  if (!isRecord(body)) return null
  const names = [body['firstName'] ?? body['first_name'], body['lastName'] ?? body['last_name']]
  const name = names.flatMap((one) => textOf(one) ?? []).join(' ')
  return textOf(name) ?? textOf(body['email']) ?? textOf(body['userId'] ?? body['user_id'])
}

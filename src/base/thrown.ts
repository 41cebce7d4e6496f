import { isObject } from './checks.ts'

// What was thrown may be of another realm, where `instanceof Error` is false: in Jest, which runs tests by `node:vm`, in jsdom, from an iframe.

/** Whether it is an error, of whatever realm. */
export const isError = (thrown: unknown): thrown is Error =>
  isObject(thrown) && 'message' in thrown && typeof thrown.message === 'string'

/** The code of an error of the system, such as `ENOENT`; empty where it has none. */
export const codeOf = (thrown: unknown): string => (isObject(thrown) && 'code' in thrown ? String(thrown.code) : '')

/** The text of what was thrown. */
export const messageOf = (thrown: unknown): string => (isError(thrown) ? thrown.message : String(thrown))

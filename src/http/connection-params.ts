/** The payload of `connection_init`, or a function that returns it for each connection. */
export type ConnectionParams =
  | Readonly<Record<string, unknown>>
  | (() => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>)

/** Who we are to Meshery. */
export interface Identity {
  /** The `token` cookie, as in mesheryctl's auth.json. Empty or absent with the Local provider. */
  readonly token?: string
  /** The `meshery-provider` cookie: `Meshery`, `Layer5`, `Local`, `None`, ... */
  readonly provider?: string
}

/** One command of the program. */
export interface Command {
  /** For the list of commands: one line. */
  readonly summary: string
  /** What `--help` prints. */
  readonly help: string
  /**
   * Does the work and resolves with the exit code; ends early when the signal aborts, with nothing left behind.
   * @param given The arguments after the name of the command.
   * @throws MesheryError, which ends the program with the code that belongs to it.
   */
  run(given: readonly string[], signal: AbortSignal): Promise<number>
}
